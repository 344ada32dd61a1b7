"""The commands. The only floor that prints."""
