"""Which releases of TF.js run a graph: all from 3.0.0 on, but for what is listed here."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs import events
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.building import text
from tensorflowjs.passes.reach import graphs

_DEPTHWISE = ("DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
SINCE = "3.21.0"  # the oldest release known to run these; 3.0.0 throws, or returns other numbers


def note_release(model: GraphModel) -> None:
    """Say what of the graph a newer TF.js is needed for, unless any will do."""
    reasons = sorted({reason for graph in graphs(model) for node in graph.nodes.values() for reason in _needs(node)})
    if reasons:
        events.note(f"needs TensorFlow.js {SINCE} or newer, for {' and '.join(reasons)}")


def _needs(node: Node) -> Iterator[str]:
    ops = node.attrs.get("fused_ops")
    if isinstance(ops, list) and b"Sigmoid" in ops:
        yield "Sigmoid fused with a layer"
    if node.op in _DEPTHWISE and text(node, "padding") == "EXPLICIT":
        yield "depthwise convolutions that are padded explicitly"
