"""Leaves only the dtypes that TF.js has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes, events
from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Scalar, Signature, Type
from tensorflowjs.passes.reach import graphs
from tensorflowjs.tensors import CastTensor, FileRegion, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHECKED_AT_ONCE = 1 << 16  # elements; whether the values of larger constants fit is seen when they are written
_INT32 = np.iinfo(np.int32)

# Ops that look at the bits of their input: other dtypes would give other results.
_OF_BITS = frozenset({"Bitcast", "DecodeRaw", "DecodePaddedRaw"})


def narrow_dtypes(model: GraphModel) -> bool:
    """Integers become int32, floats float32, complex numbers complex64: constants, attributes, signatures.

    %c = Const() {dtype: int64, value: int64[1]{9223372036854775807}}
    %y = Cast(%x) {DstT: bfloat16, SrcT: uint8}
    ->
    %c = Const() {dtype: int32, value: int32[1]{2147483647}}
    %y = Cast(%x) {DstT: float32, SrcT: int32}

    Values that do not fit become the nearest one that does, with a note, unless they are the ends of their
    dtype, by which TensorFlow means "to the end".
    """
    changed = False
    for graph in graphs(model):
        for node in graph.nodes.values():
            changed |= _narrow_node(graph, node)
    for signature in (model.signature, model.initializer_signature):
        changed |= signature is not None and _narrow_signature(signature)
    return changed


def narrowed(name: str) -> str:
    """The dtype that TF.js has in place of another; those it has nothing for stay as they are."""
    row = dtypes.DTYPES.get(name)
    return row.tfjs if row is not None and row.tfjs is not None else name


def _narrow_node(graph: Graph, node: Node) -> bool:
    if node.op in _OF_BITS:
        return False
    where = node.name if graph.name == "main" else f"{graph.name}: {node.name}"
    before = node.attrs
    node.attrs = {key: _narrow_attr(value, where) for key, value in before.items()}
    return node.attrs != before


def _narrow_attr(value: Attr, where: str) -> Attr:
    return [_narrow_scalar(item, where) for item in value] if isinstance(value, list) else _narrow_scalar(value, where)


def _narrow_scalar(value: Scalar, where: str) -> Scalar:
    if isinstance(value, Type):
        return Type(narrowed(value.name))
    if isinstance(value, Func):
        return Func(value.name, tuple((key, _narrow_attr(item, where)) for key, item in value.attrs))
    if isinstance(value, Tensor):
        return narrow_tensor(value, where)
    return value


def _narrow_signature(signature: Signature) -> bool:
    changed = False
    for port in (*signature.inputs, *signature.outputs):
        wanted = Type(narrowed(port.type.name))
        changed |= wanted != port.type
        port.type = wanted
    return changed


# ---------------------------------------------------------------------------- constants


def narrow_tensor(tensor: Tensor, where: str) -> Tensor:
    """`tensor` in a dtype of TF.js."""
    target = narrowed(tensor.dtype)
    if target == tensor.dtype:
        return tensor
    if not _can_overflow(tensor.dtype, target):
        return CastTensor(tensor, target)
    result = NarrowedTensor(tensor, target, where)
    if result.count <= _CHECKED_AT_ONCE:
        result.read()
    return result


def _can_overflow(source: str, target: str) -> bool:
    return source in ("int64", "uint32", "uint64", "float64", "complex128") and target != source


class NarrowedTensor(Tensor):
    """`source` in a dtype of less range; says once if values did not fit."""

    def __init__(self, source: Tensor, dtype: str, where: str) -> None:
        super().__init__(dtype, source.shape, source.origin)
        self._source = source
        self._where = where
        self._said = False

    def read(self) -> NDArray[Any]:
        return self._narrow(self._source.read())

    def chunks(self) -> Iterator[NDArray[Any]]:
        for chunk in self._source.chunks():
            yield self._narrow(chunk)

    def region(self) -> FileRegion | None:
        return None

    def _narrow(self, values: NDArray[Any]) -> NDArray[Any]:
        result, misfits = _clamped(values) if self.dtype == "int32" else _rounded(values, self.dtype)
        if misfits and not self._said:
            self._said = True
            events.note(
                f"{misfits} of its values do not fit into {self.dtype}, the widest dtype of the kind that TF.js has; "
                f"they are written as the nearest that does.",
                self._where,
            )
        return result


def _clamped(values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    ends = np.iinfo(values.dtype)
    result = np.clip(values, max(_INT32.min, ends.min), _INT32.max)
    misfits = np.count_nonzero((result != values) & (values != ends.max) & (values != ends.min))
    return result.astype("<i4"), int(misfits)


def _rounded(values: NDArray[Any], dtype: str) -> tuple[NDArray[Any], int]:
    with np.errstate(over="ignore", invalid="ignore"):
        result = values.astype(dtypes.DTYPES[dtype].storage)
    return result, int(np.count_nonzero(np.isfinite(values) & ~np.isfinite(result)))
