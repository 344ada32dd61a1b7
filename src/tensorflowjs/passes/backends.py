"""Says which ops one of the backends of TF.js lacks, or gets wrong where no other form is exact."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs import events
from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.building import integer, integers, text
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import Tensor

MOST_NAMED = 3  # nodes of each op
_NAMES = {"wasm": "WebAssembly", "webgpu": "WebGPU", "webgl": "WebGL", "cpu": "plain JavaScript (cpu)"}

Fault = Callable[[Node], str | None]


def note_backends(model: GraphModel) -> None:
    """One note for each op and each thing that a backend cannot do with it."""
    found: dict[tuple[str, str], list[str]] = {}
    for graph in graphs(model):
        for node in graph.nodes.values():
            for said in faults(node):
                found.setdefault((node.op, said), []).append(node.name)
    for (op, said), names in found.items():
        rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        events.note(f"{said}.", f"{op} in {', '.join(names[:MOST_NAMED])}{rest}")


def faults(node: Node) -> list[str]:
    row = tfjs_ops().get(node.op)
    lacking = [_NAMES[name] for name in (row.missing if row is not None else ()) if name in _NAMES]
    said = [f"the {' and the '.join(lacking)} backend of TF.js has no such operation"] if lacking else []
    fault = _FAULTS.get(node.op)
    found = fault(node) if fault is not None else None
    return said if found is None else [*said, found]


def _pools(node: Node) -> str:
    return "the WebAssembly backend of TF.js takes 0 for the largest of negative numbers"


def _uneven(node: Node) -> str | None:
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


def _overwritten(node: Node) -> str | None:
    if node.inputs[0].node.op == "Const" or len(node.inputs[0].users) > 1:
        return "the cpu backend of TF.js changes its first input in place, which others read too"
    return None


def _strings(node: Node) -> str | None:
    if type_of(node.inputs[0]) == "string":
        return "the WebAssembly backend of TF.js has no strings here, and may return anything"
    return None


def _batches(node: Node) -> str | None:
    if integer(node, "batch_dims"):
        return "the WebAssembly backend of TF.js picks other elements in batches"
    return _strings(node)


def _projection(node: Node) -> str:
    if text(node, "fill_mode").upper() == "REFLECT":
        return "the WebAssembly backend of TF.js reflects images otherwise, and the cpu backend projects the first only"
    return "the cpu backend of TF.js projects the first image of a batch only"


_FAULTS: dict[str, Fault] = {
    **dict.fromkeys(("MaxPool3D", "Dilation2D", "MaxPoolWithArgmax"), _pools),
    **dict.fromkeys(("Equal", "NotEqual", "Tile", "GatherNd", "Fill", "SparseToDense"), _strings),
    **dict.fromkeys(("GatherV2", "Gather"), _batches),
    "ImageProjectiveTransformV3": _projection,
    **dict.fromkeys(("Conv2D", "DepthwiseConv2dNative", "_FusedConv2D", "FusedDepthwiseConv2dNative"), _uneven),
    "TensorScatterUpdate": _overwritten,
}
