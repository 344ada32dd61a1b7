"""Says which ops one of the backends of TF.js lacks, or gets wrong where no other form is exact."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs import events
from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.building import integer, text
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.types import type_of

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
}
