"""Passes that recognise what a few nodes compute together, and write it in fewer or cheaper ones."""
