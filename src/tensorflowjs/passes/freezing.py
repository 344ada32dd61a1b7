"""Turns variables into constants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Type, Value
from tensorflowjs.passes.reach import graphs
from tensorflowjs.tensors import ArrayTensor, Tensor

VARIABLES = ("VarHandleOp", "VariableV2", "Variable", "AutoReloadVariable")

# Ops that hand a variable on; what they carry becomes its value, so their types change with it.
CARRIERS = frozenset(
    {"Identity", "IdentityN", "Enter", "RefEnter", "Exit", "RefExit", "Switch", "RefSwitch", "Merge", "RefMerge",
     "NextIteration", "RefNextIteration", "RefIdentity", "While", "StatelessWhile", "If", "StatelessIf", "Case",
     "StatelessCase", "Arg"}
)  # fmt: skip


def freeze(model: GraphModel) -> bool:
    """Variables become constants of the same name, whatever reads them reads those.

    %v = VarHandleOp() {value: float32[1]{3.0}}    %v = Const() {value: float32[1]{3.0}}
    %r = ReadVariableOp(%v)                     -> %r = Identity(%v)
    %y = Add(%x, %r)                               %y = Add(%x, %r)

    A variable has its `value` from the checkpoint. Those that are written while the model runs are refused, unless no
    output depends on them: layers of Keras 3 with dropout count their random numbers even where they draw none.
    """
    changed = False
    problems: list[Problem] = []
    for graph in graphs(model):
        for node in list(graph.nodes.values()):
            if node.op in VARIABLES:
                _freeze_variable(node, problems)
                changed = True
    if changed:
        _drop_unseen_writes(model.graph)
        for graph in graphs(model):
            _rewrite_reads(graph, problems)
    if problems:
        raise UnsupportedError("Not everything in this model can be turned into constants:", problems)
    return changed


def _freeze_variable(node: Node, problems: list[Problem]) -> None:
    value = node.attrs.get("value")
    if not isinstance(value, Tensor):
        where = f"{node.name} ({node.op})"
        problems.append(Problem(where, "the file holds no value for this variable", "save the model again"))
        return
    node.op = "Const"
    node.attrs = {"dtype": Type(value.dtype), "value": value}


def _drop_unseen_writes(graph: Graph) -> None:
    """What is written to variables that no output depends on is for later calls, which cannot see it either."""
    seen = _needed_by_outputs(graph)
    for node in graph.nodes.values():
        if node.op in _RESOURCE_WRITES and _behind_identities(node.inputs[0]) not in seen:
            node.op, node.attrs = "NoOp", {}
            node.set_inputs(())


def _needed_by_outputs(graph: Graph) -> set[Node]:
    """The nodes whose values the outputs depend on; those that only have to run before are not among them."""
    found: set[Node] = set()
    waiting = [value.node for value in graph.outputs]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [value.node for value in node.inputs]
    return found


def _behind_identities(value: Value) -> Node:
    node = value.node
    while node.op == "Identity":
        node = node.inputs[0].node
    return node


def _rewrite_reads(graph: Graph, problems: list[Problem]) -> None:
    for node in list(graph.nodes.values()):
        rewrite = _READS.get(node.op)
        if rewrite is not None:
            rewrite(graph, node)
        elif node.op in _WRITES or node.op.startswith("ResourceScatter"):
            problems.append(
                Problem(
                    f"{node.name} ({node.op})",
                    "the model changes its variables while it runs",
                    "export it for inference",
                )
            )


def _read(graph: Graph, node: Node) -> None:
    dtype = node.attrs.get("dtype")
    node.op, node.attrs = "Identity", {"T": dtype} if dtype is not None else {}


def _gather(graph: Graph, node: Node) -> None:
    """ResourceGather picks rows; `batch_dims` leading axes are shared with the indices."""
    batch = node.attrs.get("batch_dims", 0)
    axis = _constant(graph, f"{node.name}/axis", np.array(batch if isinstance(batch, int) else 0, "<i4"))
    node.op = "GatherV2"
    node.set_inputs([*node.inputs, axis])
    dtype, indices = node.attrs.get("dtype", Type("float32")), node.attrs.get("Tindices", Type("int32"))
    node.attrs = {"Tparams": dtype, "Tindices": indices, "Taxis": Type("int32"), "batch_dims": batch}


def _gather_nd(graph: Graph, node: Node) -> None:
    dtype, indices = node.attrs.get("dtype", Type("float32")), node.attrs.get("Tindices", Type("int32"))
    node.op, node.attrs = "GatherNd", {"Tparams": dtype, "Tindices": indices}


def _shape(graph: Graph, node: Node) -> None:
    node.op, node.attrs = "Shape", {"out_type": node.attrs.get("out_type", Type("int32"))}


def _initialized(graph: Graph, node: Node) -> None:
    node.set_inputs(())
    node.op = "Const"
    node.attrs = {"dtype": Type("bool"), "value": ArrayTensor(np.array(True))}


def _constant(graph: Graph, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Value:
    tensor = ArrayTensor(values)
    attrs: dict[str, Attr] = {"dtype": Type(tensor.dtype), "value": tensor}
    return graph.add(Node(graph.fresh_name(name), "Const", (), attrs)).output


_READS: dict[str, Callable[[Graph, Node], None]] = {
    "ReadVariableOp": _read,
    "ResourceGather": _gather,
    "ResourceGatherNd": _gather_nd,
    "VariableShape": _shape,
    "VarIsInitializedOp": _initialized,
    "IsVariableInitialized": _initialized,
}

_RESOURCE_WRITES = frozenset({"AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"})
_WRITES = _RESOURCE_WRITES | {
    "Assign", "AssignAdd", "AssignSub", "ScatterUpdate", "ScatterAdd", "ScatterSub", "ScatterNdUpdate"
}  # fmt: skip
