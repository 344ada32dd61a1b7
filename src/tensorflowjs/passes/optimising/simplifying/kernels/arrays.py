"""Values that only change their places and shapes, and values made from nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Node
from tensorflowjs.passes.building import integer, integers, text
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel, numbers
from tensorflowjs.passes.optimising.strides import cuts

MOST_STEPS = 1 << 16  # of a range


def _reshape(node: Node, inputs: Any) -> Any:
    return inputs[0].reshape(numbers(inputs[1]))


def _squeeze(node: Node, inputs: Any) -> Any:
    axes = integers(node, "squeeze_dims")
    return np.squeeze(inputs[0], axis=tuple(axes) if axes else None)


def _expand(node: Node, inputs: Any) -> Any:
    return np.expand_dims(inputs[0], numbers(inputs[1])[0])


def _transpose(node: Node, inputs: Any) -> Any:
    return np.transpose(inputs[0], numbers(inputs[1]))


def _concat(node: Node, inputs: Any) -> Any:
    *parts, axis = inputs
    return np.concatenate(parts, axis=numbers(axis)[0])


def _pack(node: Node, inputs: Any) -> Any:
    return np.stack(inputs, axis=integer(node, "axis"))


def _unpack(node: Node, inputs: Any) -> Any:
    return list(np.moveaxis(inputs[0], integer(node, "axis"), 0))


def _split(node: Node, inputs: Any) -> Any:
    return np.split(inputs[1], integer(node, "num_split", 1), axis=numbers(inputs[0])[0])


def _split_v(node: Node, inputs: Any) -> Any:
    x, lengths, axis = inputs[0], numbers(inputs[1]), numbers(inputs[2])[0]
    if lengths.count(-1) == 1:
        lengths[lengths.index(-1)] = x.shape[axis] - sum(lengths) - 1
    return np.split(x, np.cumsum(lengths[:-1]), axis=axis)


def _slice(node: Node, inputs: Any) -> Any:
    x, begin, size = inputs[0], numbers(inputs[1]), numbers(inputs[2])
    return x[tuple(slice(at, None if count == -1 else at + count) for at, count in zip(begin, size, strict=True))]


def _strided_slice(node: Node, inputs: Any) -> Any:
    found = cuts(node, inputs[0].ndim, *(numbers(each) for each in inputs[1:4]))
    if found is None:
        return None
    return inputs[0][
        tuple(
            None if cut.axis is None else cut.begin if cut.index else slice(cut.begin, cut.end, cut.step)
            for cut in found
        )
    ]


def _pad(node: Node, inputs: Any) -> Any:
    widths = inputs[1].reshape(-1, 2).tolist()
    if node.op == "MirrorPad":
        mode = "reflect" if text(node, "mode").upper() == "REFLECT" else "symmetric"
        return np.pad(inputs[0], widths, mode=mode)  # type: ignore[call-overload]
    return np.pad(inputs[0], widths, constant_values=inputs[2] if len(inputs) > 2 else 0)


def _tile(node: Node, inputs: Any) -> Any:
    return np.tile(inputs[0], numbers(inputs[1]))


def _broadcast(node: Node, inputs: Any) -> Any:
    return np.broadcast_to(inputs[0], numbers(inputs[1]))


def _fill(node: Node, inputs: Any) -> Any:
    return np.full(numbers(inputs[0]), inputs[1])


def _range(node: Node, inputs: Any) -> Any:
    start, stop, step = (each.reshape(()).astype(np.float64) for each in inputs)
    if not step or not 0 <= (stop - start) / step <= MOST_STEPS:
        return None
    return (start + step * np.arange(int(np.ceil((stop - start) / step)))).astype(inputs[0].dtype)


def _lin_space(node: Node, inputs: Any) -> Any:
    count = numbers(inputs[2])[0]
    start, stop = inputs[:2]
    return np.linspace(start, stop, count).astype(inputs[0].dtype) if 0 < count <= MOST_STEPS else None


def _one_hot(node: Node, inputs: Any) -> Any:
    at, depth, on, off = inputs
    if integer(node, "axis", -1) not in (-1, at.ndim):
        return None
    return np.where(at[..., None] == np.arange(numbers(depth)[0]), on, off).astype(on.dtype)


def _reverse(node: Node, inputs: Any) -> Any:
    if inputs[1].dtype == bool:
        return np.flip(inputs[0], np.flatnonzero(inputs[1]).tolist())
    return np.flip(inputs[0], numbers(inputs[1]))


KERNELS: dict[str, Kernel] = {
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "ExpandDims": _expand,
    "Transpose": _transpose,
    "ConcatV2": _concat,
    "Pack": _pack,
    "Unpack": _unpack,
    "Split": _split,
    "SplitV": _split_v,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _pad),
    "Tile": _tile,
    "BroadcastTo": _broadcast,
    "Fill": _fill,
    "Range": _range,
    "LinSpace": _lin_space,
    "OneHot": _one_hot,
    **dict.fromkeys(("Reverse", "ReverseV2"), _reverse),
    "Shape": lambda node, inputs: np.array(inputs[0].shape, "<i4"),
    "Size": lambda node, inputs: np.array(inputs[0].size, "<i4"),
    "Rank": lambda node, inputs: np.array(inputs[0].ndim, "<i4"),
}
