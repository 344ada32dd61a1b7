"""What a user says of the inputs of a function, as shapes and dtypes for JAX.

An input is a (shape, dtype) pair, or anything with a shape and a dtype (`tf.TensorSpec`, `jax.ShapeDtypeStruct`, an
array), or a tuple, list or dictionary of inputs. Sizes that are None get names: the first axis of all inputs the same
one, other axes one each, unless `polymorphic_shapes` says which are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorflowjs.errors import UsageError

_EXAMPLE = "Write [((None, 224, 224, 3), np.float32)] for one input, for example."


@dataclass(frozen=True)
class Spec:
    """One array that the function gets."""

    shape: tuple[int | None, ...]
    dtype: Any
    name: str = ""


def spec_tree(given: Any) -> Any:
    """`given` with a Spec for each array in it."""
    if hasattr(given, "shape") and hasattr(given, "dtype") and not isinstance(given, type):
        return Spec(_shape(given.shape), _dtype(given.dtype), str(getattr(given, "name", None) or ""))
    if _is_pair(given):
        return Spec(_shape(given[0]), _dtype(given[1]))
    if isinstance(given, dict):
        return {key: spec_tree(item) for key, item in given.items()}
    if isinstance(given, tuple | list) and given:
        return type(given)(map(spec_tree, given))
    raise UsageError(f"input_signatures: {given!r} is not the shape and dtype of an input.", hint=_EXAMPLE)


def _is_pair(given: Any) -> bool:
    """Whether this is a shape and a dtype, and not two inputs."""
    if not isinstance(given, tuple | list) or len(given) != 2 or not isinstance(given[0], tuple | list):
        return False
    is_shape = all(size is None or isinstance(size, int | np.integer) for size in given[0])
    return is_shape and not isinstance(given[1], tuple | list | dict)


def _shape(shape: Any) -> tuple[int | None, ...]:
    """The sizes of a shape; those of TensorFlow may be unknown as a whole."""
    try:
        sizes = [getattr(size, "value", size) for size in shape]
        found = tuple(None if size is None else int(size) for size in sizes)
    except (TypeError, ValueError):
        raise UsageError(f"input_signatures: {shape!r} is not a shape of known rank.", hint=_EXAMPLE) from None
    if any(size is not None and size < 0 for size in found):
        raise UsageError(f"input_signatures: the shape {found} has a negative size.", hint="None is a size left open.")
    return found


def _dtype(dtype: Any) -> Any:
    """A dtype of numpy, TensorFlow or JAX, as JAX takes it."""
    wanted = getattr(dtype, "as_numpy_dtype", dtype)
    try:
        return np.dtype(wanted)
    except TypeError:
        if not hasattr(wanted, "itemsize"):
            raise UsageError(f"input_signatures: {dtype!r} is not a dtype.", hint=_EXAMPLE) from None
    return wanted


def default_shapes(trees: Sequence[Sequence[Spec]]) -> list[list[str]]:
    """A text of `polymorphic_shapes` for each array of each input."""
    count = 0
    found: list[list[str]] = []
    for specs in trees:
        found.append([])
        for spec in specs:
            sizes = []
            for axis, size in enumerate(spec.shape):
                count += size is None and axis > 0
                sizes.append(str(size) if size is not None else f"b{count}" if axis else "b")
            found[-1].append(f"({', '.join(sizes)}{',' * (len(sizes) == 1)})")
    return found
