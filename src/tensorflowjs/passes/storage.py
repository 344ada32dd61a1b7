"""In what form TF.js keeps a tensor, which is not always what its dtype says."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.types import type_of

WHOLE = ("int32", "bool")

_SAME_MEMORY = ("Reshape", "ExpandDims", "Squeeze", "Identity", "StridedSlice")  # the last where it takes all
_WIDTHS = {"bool": 0, "int32": 1, "float32": 2}


def stored_type(value: Value) -> str | None:
    """The dtype of the numbers in memory: Cast to a wider one leaves them as they are, and so do changes of shape."""
    while value.node.inputs and (value.node.op in _SAME_MEMORY or _widens(value)):
        value = value.node.inputs[0]
    return type_of(value)


def _widens(value: Value) -> bool:
    if value.node.op != "Cast":
        return False
    source, target = (_WIDTHS.get(type_of(each) or "") for each in (value.node.inputs[0], value))
    return source is not None and target is not None and source < target
