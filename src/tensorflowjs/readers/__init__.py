"""One file per input format: detect, and read into a model."""
