"""What is converted, with no file format in it."""
