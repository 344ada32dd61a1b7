"""Says which ops one of the backends of TF.js lacks, or gets wrong where no other form is exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from tensorflowjs import events
from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.building import constant, integer, integers, text
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.storage import WHOLE, stored_type
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import Tensor

MOST_NAMED = 3  # nodes of each op
_NAMES = {"wasm": "WebAssembly", "webgpu": "WebGPU", "webgl": "WebGL", "cpu": "plain JavaScript (cpu)"}
_MOST_TURNED = 6

Known = Callable[[], Shapes]
Fault = Callable[[Node, Known], str | None]


def note_backends(model: GraphModel) -> None:
    """One note for each op and each thing that a backend cannot do with it."""
    found: dict[tuple[str, str], list[str]] = {}
    for graph in graphs(model):
        known = cache(partial(Shapes, graph))
        for node in graph.nodes.values():
            for said in faults(node, known):
                found.setdefault((node.op, said), []).append(node.name)
    for (op, said), names in found.items():
        rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        events.note(f"{said}.", f"{op} in {', '.join(names[:MOST_NAMED])}{rest}")


def faults(node: Node, known: Known) -> list[str]:
    row = tfjs_ops().get(node.op)
    lacking = [_NAMES[name] for name in (row.missing if row is not None else ()) if name in _NAMES]
    said = [f"the {' and the '.join(lacking)} backend of TF.js has no such operation"] if lacking else []
    return said + [found for fault in _FAULTS.get(node.op, ()) if (found := fault(node, known)) is not None]


def _pools(node: Node, known: Known) -> str:
    return "the WebAssembly backend of TF.js takes 0 for the largest of negative numbers"


def _uneven(node: Node, known: Known) -> str | None:
    """Where sizes are known, SAME has become EXPLICIT by now."""
    strides, dilations = integers(node, "strides"), integers(node, "dilations", [1] * 4)
    kernel = node.inputs[1].node.attrs.get("value")
    if text(node, "padding") != "SAME" or not isinstance(kernel, Tensor) or len(strides) != 4:
        return None
    reaches = [(kernel.shape[axis - 1] - 1) * dilations[axis] + 1 for axis in (1, 2)]
    if all(reach == 1 for reach in reaches) or all(
        reach >= stride for reach, stride in zip(reaches, strides[1:3], strict=True)
    ):
        return None
    return "the WebAssembly backend of TF.js answers with zeros for some sizes of images"


def _overwritten(node: Node, known: Known) -> str | None:
    if node.inputs[0].node.op == "Const" or len(node.inputs[0].users) > 1:
        return "the cpu backend of TF.js changes its first input in place, which others read too"
    return None


def _strings(node: Node, known: Known) -> str | None:
    if type_of(node.inputs[0]) == "string":
        return "the WebAssembly backend of TF.js has no strings here, and may return anything"
    return None


def _batches(node: Node, known: Known) -> str | None:
    if integer(node, "batch_dims"):
        return "the WebAssembly backend of TF.js picks other elements in batches"
    return _strings(node, known)


def _projection(node: Node, known: Known) -> str:
    if text(node, "fill_mode").upper() == "REFLECT":
        return "the WebAssembly backend of TF.js reflects images otherwise, and the cpu backend projects the first only"
    return "the cpu backend of TF.js projects the first image of a batch only"


def _turned(node: Node, known: Known) -> str | None:
    order = constant(node.inputs[1])
    if order is None:
        return None
    if len(order) > _MOST_TURNED:
        return f"the WebGL and the WebGPU backend of TF.js turn {_MOST_TURNED} axes at most"
    return _TURNS_NO_INTEGERS if len(order) > 2 and stored_type(node.inputs[0]) in WHOLE else None


def _along_others_than_the_last(node: Node, known: Known) -> str | None:
    """These are turned to be the last, but for the first of two."""
    if stored_type(node.inputs[0]) not in WHOLE:
        return None
    rank = known().rank(node.inputs[0])
    axes = constant(node.inputs[1])
    if rank is None or axes is None or rank < 3:
        return None
    found = sorted(int(axis) % rank for axis in axes.reshape(-1))
    return None if found == list(range(rank - len(found), rank)) else _TURNS_NO_INTEGERS


def _blocks(node: Node, known: Known) -> str | None:
    return _TURNS_NO_INTEGERS if stored_type(node.inputs[0]) in WHOLE else None


def _boxes(node: Node, known: Known) -> str | None:
    indices = constant(node.inputs[2])
    counted = node.inputs[2].node
    if indices is not None and indices.tolist() == list(range(len(indices))):
        return None
    if counted.op == "Range" and [constant(counted.inputs[at]) for at in (0, 2)] == [0, 1]:
        return None
    return "the WebGL backend of TF.js takes the first box from the first image, the second from the second, and so on"


def _powers(node: Node, known: Known) -> str | None:
    if type_of(node.inputs[0]) == "int32":
        return "the WebGPU backend of TF.js may be off by one in powers of integers"
    return None


def _weights(node: Node, known: Known) -> str | None:
    if type_of(node.inputs[2]) == "int32":
        return "the WebGPU backend of TF.js returns the bits of other numbers for sums of integers"
    return None


def _places(node: Node, known: Known) -> str:
    return "the WebGL backend of TF.js returns places as floats"


def _single_bytes(node: Node, known: Known) -> str | None:
    """Between operations, texts are decoded and encoded again, which a part of a letter does not survive."""
    delimiter = constant(node.inputs[1])
    if delimiter is not None and not any(delimiter.ravel().tolist()):
        return "TF.js takes single bytes of letters beyond ASCII for others"
    return None


def _filled(node: Node, known: Known) -> str | None:
    if type_of(node.inputs[2]) == "bool":
        return "the WebGPU backend of TF.js has no bools here, and may return anything"
    return None


_TURNS_NO_INTEGERS = "the WebGPU backend of TF.js cannot turn axes of integers and bools, and may return anything"
_REDUCTIONS = ("Sum", "Prod", "Max", "Min", "All", "Any", "ArgMax", "ArgMin", "Cumsum", "Cumprod",
               "Mean")  # fmt: skip

_FAULTS: dict[str, tuple[Fault, ...]] = {
    **dict.fromkeys(("MaxPool3D", "Dilation2D"), (_pools,)),
    "MaxPoolWithArgmax": (_pools, _places),
    **dict.fromkeys(("Equal", "NotEqual", "Tile", "GatherNd", "Fill"), (_strings,)),
    "SparseToDense": (_strings, _filled),
    **dict.fromkeys(("GatherV2", "Gather"), (_batches,)),
    "ImageProjectiveTransformV3": (_projection,),
    **dict.fromkeys(("Conv2D", "DepthwiseConv2dNative", "_FusedConv2D", "FusedDepthwiseConv2dNative"), (_uneven,)),
    "TensorScatterUpdate": (_overwritten,),
    "Transpose": (_turned,),
    **dict.fromkeys(_REDUCTIONS, (_along_others_than_the_last,)),
    **dict.fromkeys(("BatchToSpaceND", "SpaceToBatchND"), (_blocks,)),
    "CropAndResize": (_boxes,),
    "Pow": (_powers,),
    **dict.fromkeys(("Bincount", "DenseBincount"), (_weights,)),
    "StringSplit": (_single_bytes,),
}
