"""Bytes to plain data and back; no model in it."""
