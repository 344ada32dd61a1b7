"""Graph to graph, one idea per file.

A pass is a function of a GraphModel that changes it in place and returns whether it did. It never changes what the
model's outputs are; its docstring shows what it does in the text form of graphs. Order is decided by the pipeline.
"""
