"""Puts the bodies of functions where they are called."""

from __future__ import annotations

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Placeholder, Value
from tensorflowjs.passes.reach import functions_of, graphs

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
MOST_NODES = 2_000_000  # a small file can ask for endlessly more by calls within calls


def inline(model: GraphModel) -> bool:
    """Calls become the nodes of the function, named after the call; functions of loops and branches stay.

    output y = %call                       output y = %call/r
    %x = Placeholder()                     %x = Placeholder()
    %call = PartitionedCall(%x) {f: @F}    %call/r = Relu(%x)
                                      ->
    function F
      input a = %a
      output r = %r
      %a = Arg()
      %r = Relu(%a)
    """
    _check_size(model)
    waiting = [model.graph, *([model.initializer] if model.initializer is not None else [])]
    changed, seen = False, set[str]()
    while waiting:
        graph = waiting.pop()
        changed |= _Inliner(model, graph).run()
        left = {func.name for node in graph.nodes.values() for func in functions_of(node)}
        # What is called from nowhere else any more is not worth the time.
        waiting += [model.functions[name] for name in sorted(left - seen) if name in model.functions]
        seen |= left
    return changed


def _check_size(model: GraphModel) -> None:
    """Calls within calls can double at every step; that is seen by counting, long before the nodes are there."""
    sizes: dict[str, int] = {}

    def size(graph: Graph) -> int:
        called = [func.name for node in graph.nodes.values() if (func := called_by(node, model)) is not None]
        return len(graph.nodes) + sum(size_of(name) for name in called)

    def size_of(name: str) -> int:
        if name not in sizes:
            sizes[name] = 0  # for a function that calls itself, of which the inliner tells
            sizes[name] = size(model.functions[name]) if name in model.functions else 0
        return sizes[name]

    if any(size(graph) > MOST_NODES for graph in graphs(model)):
        raise CorruptInputError(f"The functions within functions come to more than {MOST_NODES:,} nodes.")


def called_by(node: Node, model: GraphModel) -> Func | None:
    """The function that `node` calls; old calls have the function's name as their op."""
    if node.op in CALLS:
        function = node.attrs.get("f")
        return function if isinstance(function, Func) else None
    return Func(node.op, tuple(node.attrs.items())) if node.op in model.functions else None


class _Inliner:
    def __init__(self, model: GraphModel, graph: Graph) -> None:
        self._model = model
        self._graph = graph
        self._inside: dict[Node, tuple[str, ...]] = {}  # the functions that a node has come out of
        self._after: dict[Node, list[Node]] = {}  # the nodes that a node controls
        for node in graph.nodes.values():
            self._note_controls(node)

    def _note_controls(self, node: Node) -> None:
        for control in node.controls:
            self._after.setdefault(control, []).append(node)

    def run(self) -> bool:
        waiting = [node for node in self._graph.nodes.values() if called_by(node, self._model)]
        changed = bool(waiting)
        while waiting:
            waiting += self._inline(waiting.pop())
        return changed

    def _inline(self, call: Node) -> list[Node]:
        """Replace one call; returns the calls that came with it."""
        func = called_by(call, self._model)
        assert func is not None
        body = self._body(call, func)
        attrs = {**dict(func.attrs), **{key: value for key, value in call.attrs.items() if key != "f"}}
        copies: dict[Node, Node] = {}
        for node in body.nodes.values():
            if node.op != "Arg":
                name = self._graph.fresh_name(f"{call.name}/{node.name}")
                copies[node] = self._graph.add(Node(name, node.op, (), _bound(node.attrs, attrs)))
        values = dict(zip(body.inputs, call.inputs, strict=True))
        for node, copy in copies.items():
            copy.set_inputs(_moved(value, copies, values) for value in node.inputs)
            copy.controls = [copies[control] for control in node.controls if control in copies]
            self._note_controls(copy)
            self._inside[copy] = (*self._inside.get(call, ()), func.name)
        results = [_moved(value, copies, values) for value in body.outputs]
        self._replace(call, results)
        return [copy for copy in copies.values() if called_by(copy, self._model)]

    def _body(self, call: Node, func: Func) -> Graph:
        body = self._model.functions.get(func.name)
        where = f"{call.name} ({call.op})"
        if body is None:
            raise CorruptInputError(f"{where} calls the function {func.name}, which the file does not hold.")
        if func.name in self._inside.get(call, ()):
            raise CorruptInputError(f"{where}: the function {func.name} calls itself, without end.")
        if len(body.inputs) != len(call.inputs):
            raise CorruptInputError(
                f"{where} gives {len(call.inputs)} arguments to {func.name}, which takes {len(body.inputs)}."
            )
        if len(self._graph.nodes) + len(body.nodes) > MOST_NODES:
            raise CorruptInputError(f"{where}: the functions within functions come to more than {MOST_NODES:,} nodes.")
        return body

    def _replace(self, call: Node, results: list[Value]) -> None:
        for value in call.outputs:
            if value.index >= len(results):
                raise CorruptInputError(f"{call.name} ({call.op}) has no output {value.index}.")
            value.replace_by(results[value.index])
        for node in self._after.pop(call, ()):
            node.controls = [control for control in node.controls if control is not call]
        self._graph.remove([call])


def _bound(attrs: dict[str, Attr], given: dict[str, Attr]) -> dict[str, Attr]:
    """Attributes in which those of the caller have been put in."""
    return {key: _bound_value(value, given) for key, value in attrs.items()}


def _bound_value(value: Attr, given: dict[str, Attr]) -> Attr:
    return given.get(value.name, value) if isinstance(value, Placeholder) else value


def _moved(value: Value, copies: dict[Node, Node], arguments: dict[Node, Value]) -> Value:
    if value.node in arguments:
        return arguments[value.node]
    return copies[value.node].value(value.index)
