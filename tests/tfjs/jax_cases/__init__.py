"""What JAX can compute, as small functions: each is converted, and compared with JAX in the real TF.js."""

from __future__ import annotations

from tests.tfjs.jax_cases.control import CONTROL
from tests.tfjs.jax_cases.elementwise import EDGES, ELEMENTWISE, INTEGERS
from tests.tfjs.jax_cases.indexing import INDEXING, SCATTERING
from tests.tfjs.jax_cases.products import CONVOLUTIONS, PRODUCTS
from tests.tfjs.jax_cases.reductions import REDUCTIONS, SORTING, WINDOWS
from tests.tfjs.jax_cases.shapes import SHAPES

GROUPS = {
    "elementwise": ELEMENTWISE,
    "edges": EDGES,
    "integers": INTEGERS,
    "shapes": SHAPES,
    "indexing": INDEXING,
    "scattering": SCATTERING,
    "products": PRODUCTS,
    "convolutions": CONVOLUTIONS,
    "reductions": REDUCTIONS,
    "windows": WINDOWS,
    "sorting": SORTING,
    "control": CONTROL,
}
