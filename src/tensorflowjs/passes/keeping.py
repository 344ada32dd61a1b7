"""Branches and loops stay functions, in the form in which TF.js runs those."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.graph import Func, Graph, GraphModel, Node, Value
from tensorflowjs.passes.control_flow import lower_control_flow
from tensorflowjs.passes.places import FUNCTIONAL
from tensorflowjs.passes.reach import functions_of, graphs

_STATELESS = {"If": "StatelessIf", "While": "StatelessWhile"}
_WRITES = {"TensorListSetItem": 2, "TensorListPushBack": 1}  # and which input they keep


def keep_control_flow(model: GraphModel) -> bool:
    """If and While stay, but for those that TF.js can only run as part of the graph: they are lowered.

    %y = While(%x) {body: @B, cond: @C}  ->  %y = StatelessWhile(%x) {body: @B, cond: @C}

    TF.js waits for the stateless ones wherever they are. At the end of a function it frees all it has made
    but the results, even what it put into lists; and functions cannot see tables.
    """
    changed = lower_control_flow(model, which=lambda node: _must_be_lowered(node, model.functions))
    for function in model.functions.values():
        changed |= _hand_out_written(function)
    for graph in graphs(model):
        for node in graph.nodes.values():
            changed |= node.op in _STATELESS
            node.op = _STATELESS.get(node.op, node.op)
    return changed


def _must_be_lowered(node: Node, functions: dict[str, Graph]) -> bool:
    called = list(_called(node, functions))
    inner = {func.name for function in called for func in _functions_within(function)}
    reached = _reached(called, functions)
    return any(
        _uses_tables(function) or _loses(function, nested=function.name in inner) for function in reached.values()
    )


def _called(node: Node, functions: dict[str, Graph]) -> Iterator[Graph]:
    yield from (functions[func.name] for func in functions_of(node) if func.name in functions)


def _functions_within(function: Graph) -> Iterator[Func]:
    for node in function.nodes.values():
        if node.op in FUNCTIONAL:
            yield from functions_of(node)


def _reached(start: list[Graph], functions: dict[str, Graph]) -> dict[str, Graph]:
    found: dict[str, Graph] = {}
    waiting = list(start)
    while waiting:
        function = waiting.pop()
        if function.name not in found:
            found[function.name] = function
            waiting += [functions[func.name] for func in _functions_within(function) if func.name in functions]
    return found


def _uses_tables(function: Graph) -> bool:
    return any(node.op.startswith(("LookupTable", "HashTable")) for node in function.nodes.values())


def _loses(function: Graph, nested: bool) -> bool:
    """Whether TF.js would free something that this function has put into a list."""
    results = {_source(value) for value in function.outputs}
    for value in _written(function):
        if value.node.op not in ("Arg", "Const") and (nested or value not in results):
            return True
    return False


def _written(function: Graph) -> Iterator[Value]:
    for node in function.nodes.values():
        if node.op in _WRITES:
            yield _source(node.inputs[_WRITES[node.op]])


def _source(value: Value) -> Value:
    while value.node.op == "Identity" and value.node.inputs:
        value = value.node.inputs[0]
    return value


def _hand_out_written(function: Graph) -> bool:
    """Return what is put into lists itself rather than a copy of it, and put in what is returned."""
    written = set(_written(function))
    outputs = [_source(value) if _source(value) in written else value for value in function.outputs]
    changed = any(new is not old for new, old in zip(outputs, function.outputs, strict=True))
    function.outputs = outputs
    for node in function.nodes.values():
        if node.op in _WRITES:
            at = _WRITES[node.op]
            changed |= _source(node.inputs[at]) is not node.inputs[at]
            node.set_input(at, _source(node.inputs[at]))
    return changed
