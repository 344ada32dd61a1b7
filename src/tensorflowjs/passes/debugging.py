"""Removes what only matters while training or debugging."""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, GraphModel, Node
from tensorflowjs.passes.reach import graphs

# Ops that hand on their inputs; some note, check, copy or place them on the way.
PASSES_ON = frozenset(
    {"StopGradient", "PreventGradient", "CheckNumerics", "CheckNumericsV2", "DebugIdentity", "DebugIdentityV2",
     "DebugIdentityV3", "DebugGradientIdentity", "DebugGradientRefIdentity", "EnsureShape", "Snapshot",
     "XlaSharding", "GuaranteeConst", "Copy", "CopyHost", "DeepCopy", "RefIdentity"}
)  # fmt: skip
PRINTS = frozenset({"Print"})


def remove_debugging(model: GraphModel, *, printing: bool = False) -> bool:
    """Ops that only hand on their input become identities; `printing` keeps those that TF.js prints with.

    %safe = CheckNumerics(%x) {T: float32, message: "x"}
    %y = Print(%safe, %x) {T: float32, U: [float32]}
    ->
    %safe = Identity(%x) {T: float32}
    %y = Identity(%safe) {T: float32}

    Those without results (Assert, summaries) run for their control edges alone and go with these.
    """
    handed_on = PASSES_ON if printing else PASSES_ON | PRINTS
    nodes = [node for graph in graphs(model) for node in graph.nodes.values() if node.op in handed_on]
    for node in nodes:
        _as_identity(node)
    return bool(nodes)


def _as_identity(node: Node) -> None:
    node.op = "Identity"
    node.set_inputs(node.inputs[:1])
    dtype = node.attrs.get("T")
    attrs: dict[str, Attr] = {} if dtype is None else {"T": dtype}
    node.attrs = attrs
