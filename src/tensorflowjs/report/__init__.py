"""Tells people about a conversion: as a page, and as the JavaScript that loads the result."""
