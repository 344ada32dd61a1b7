"""Passes that move constant factors, and constants added, to where they cost nothing."""
