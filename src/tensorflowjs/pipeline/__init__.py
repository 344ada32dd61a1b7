"""Which reader, passes and writer a conversion takes, and running them."""
