"""What ops compute, in numpy, for constants: op -> kernel, family by family.

A kernel gets a node and the values of its inputs, and returns the values of its output, or of each of them; None if
TF.js and TensorFlow do not agree on it, or it cannot be computed. Whatever is not a basic operation is computed in
float64 and rounded, as JavaScript does.
"""

from __future__ import annotations

from tensorflowjs.passes.optimising.simplifying.kernels import arrays, elementwise, gathering, linear, reductions
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel

# Kernels that answer whatever the values are, for floats or for all dtypes: their nodes may become promises.
SURE = arrays.KERNELS.keys() - {"Range", "LinSpace", "OneHot"}
SURE_OF_FLOATS = (elementwise.KERNELS.keys() | linear.KERNELS.keys() | reductions.KERNELS.keys()) - {
    "ArgMax",
    "ArgMin",
    "Select",
    "SelectV2",
    "All",
    "Any",
}

KERNELS: dict[str, Kernel] = {
    **elementwise.KERNELS,
    **arrays.KERNELS,
    **gathering.KERNELS,
    **reductions.KERNELS,
    **linear.KERNELS,
}
