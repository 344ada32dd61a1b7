"""Sees whether TF.js can run every node."""

from __future__ import annotations

from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.catalog.unsupported import Reason, reason
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.backends import note_backends
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.traps import trap

MOST_NAMED = 3  # nodes of each op
_OURS = frozenset({"Arg"})  # of the ir, not an op
_ADD_ONS = frozenset({"tfdf"})  # categories of ops that another package brings to TF.js
_HINT = "If you register operations of your own in JavaScript, convert with --skip_op_check."


def check_ops(model: GraphModel) -> bool:
    """Raise one UnsupportedError for all nodes that TF.js cannot run, or not with the same results.

    It expects that `rewriting.rewrite` has run and that what no output needs is gone.
    """
    found: dict[tuple[str, str], list[str]] = {}
    reasons: dict[tuple[str, str], Reason] = {}
    for graph in graphs(model):
        for node in graph.nodes.values():
            problem = _problem(node)
            if problem is not None:
                key = (node.op, problem.what)
                reasons[key] = problem
                found.setdefault(key, []).append(node.name if graph is model.graph else f"{graph.name}/{node.name}")
    if not found:
        note_backends(model)
    else:
        problems = [_described(op, names, reasons[op, what]) for (op, what), names in sorted(found.items())]
        raise UnsupportedError(f"TF.js cannot run {_operations(len(problems))} of this model:", problems, hint=_HINT)
    return False


def _problem(node: Node) -> Reason | None:
    row = tfjs_ops().get(node.op)
    if row is None or not (row.runs or row.category in _ADD_ONS):
        return None if node.op in _OURS else reason(node.op)
    said = trap(node)
    return None if said is None else Reason(said, "")


def _operations(count: int) -> str:
    return "an operation" if count == 1 else f"{count} operations"


def _described(op: str, names: list[str], why: Reason) -> Problem:
    shown = ", ".join(names[:MOST_NAMED])
    rest = len(names) - MOST_NAMED
    where = f"{op} in {shown}" + (f" and {rest} more" if rest > 0 else "")
    return Problem(where, why.what, why.hint or None)
