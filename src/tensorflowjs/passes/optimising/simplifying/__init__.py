"""Passes that leave the numbers of a graph as they are, to the last bit, and take out what is not needed for them."""
