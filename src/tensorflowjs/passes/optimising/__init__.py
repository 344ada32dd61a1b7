"""Makes graphs smaller and faster for TF.js, where every node is the launch of a kernel. One idea per file.

Each file defines one `Pass`; `pipeline/optimisation.py` is the explicit list that says which run and in what order.
"""
