"""Loops as version 1 control flow."""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, Graph, Node, Shape, Value
from tensorflowjs.passes.branches import replace
from tensorflowjs.passes.conditions import known, truth
from tensorflowjs.passes.controls import WAITS
from tensorflowjs.passes.places import Copy, Place, function_of, type_attr


def lower_loop(
    node: Node, place: Place, functions: dict[str, Graph], places: dict[Node, Place], frames: set[str]
) -> None:
    """Put condition and body of a While into its graph."""
    if never_runs(node, functions):
        replace(node, list(node.inputs), place)
        return
    replace(node, _Loop(node, place, functions, places, frames).lower(), place)


def never_runs(node: Node, functions: dict[str, Graph]) -> bool:
    """Whether the condition is known not to hold even once."""
    condition, _ = function_of(node, "cond", functions)
    values = [(argument.output, known(value)) for argument, value in zip(condition.inputs, node.inputs, strict=False)]
    given = {argument: value for argument, value in values if value is not None}
    return truth(condition.outputs[0], given) is False


class _Loop:
    def __init__(
        self, node: Node, place: Place, functions: dict[str, Graph], places: dict[Node, Place], frames: set[str]
    ) -> None:
        self._node = node
        self._outside = place
        self._graph = place.graph
        self._places = places
        self._condition = function_of(node, "cond", functions)
        self._body = function_of(node, "body", functions)
        self._frame = _frame_name(node.name, frames)
        self._entered: dict[Value, Value] = {}
        self._gate: Node | None = None
        fixed = unchanged(self._body[0])
        self._fixed = fixed if len(fixed) < len(node.inputs) else fixed - {0}

    def lower(self) -> list[Value]:
        changing = [at for at in range(len(self._node.inputs)) if at not in self._fixed]
        merges = {at: self._merge(at) for at in changing}
        condition = self._add("LoopCond", "cond", [self._wait(self._holds(merges))], {})
        switches = {at: self._switch(at, merge, condition) for at, merge in merges.items()}
        results = self._round(switches)
        for at, merge in merges.items():
            following = self._add("NextIteration", f"next_{at}", [results[at]], type_attr(merge.output))
            merge.set_inputs([merge.inputs[0], following.output])
        return [self._exit(at, switches[at]) if at in switches else value for at, value in enumerate(self._node.inputs)]

    def _add(self, op: str, name: str, inputs: list[Value], attrs: dict[str, Attr]) -> Node:
        return self._graph.add(Node(self._graph.fresh_name(f"{self._node.name}/{name}"), op, inputs, attrs))

    def _enter(self, value: Value, name: str, constant: bool) -> Value:
        attrs: dict[str, Attr] = {
            **type_attr(value),
            "frame_name": self._frame.encode(),
            "is_constant": constant,
            "parallel_iterations": 10,
        }
        return self._add("Enter", name, [value], attrs).output

    def _brought(self, value: Value) -> Value:
        if value not in self._entered:
            name = value.node.name.removeprefix(self._node.name).strip("/")
            self._entered[value] = self._enter(value, f"enter/{name}", True)
            if self._gate is not None:
                self._gate.controls.append(self._entered[value].node)
        return self._entered[value]

    def _wait(self, holds: Value) -> Value:
        """Hold the first round back until all that is the same in every round has come in.

        TF.js looks again for what waits for such a value in the first round only; a counter that has gone ahead would
        leave the later rounds waiting for ever.
        """
        self._gate = self._add("Identity", "ready", [holds], {**type_attr(holds), WAITS: True})
        self._gate.controls = [value.node for value in self._entered.values()]
        return self._gate.output

    def _merge(self, at: int) -> Node:
        entered = self._enter(self._outside.gated(self._node.inputs[at]), f"enter_{at}", False)
        attrs: dict[str, Attr] = {**type_attr(entered), "N": 2, **self._shape(at)}
        return self._add("Merge", f"merge_{at}", [entered, entered], attrs)

    def _shape(self, at: int) -> dict[str, Attr]:
        """The shape that the loop declares for a variable: every round keeps to it."""
        shapes = self._node.attrs.get("output_shapes")
        shape = shapes[at] if isinstance(shapes, list) and len(shapes) == len(self._node.inputs) else None
        return {"shape": shape} if isinstance(shape, Shape) and shape.dims is not None else {}

    def _switch(self, at: int, merge: Node, condition: Node) -> Node:
        return self._add("Switch", f"switch_{at}", [merge.output, condition.output], type_attr(merge.output))

    def _exit(self, at: int, switch: Node) -> Value:
        return self._add("Exit", f"exit_{at}", [switch.output], type_attr(switch.output)).output

    def _holds(self, merges: dict[int, Node]) -> Value:
        function, attrs = self._condition
        place = self._inside(next(iter(merges.values())), function)
        return self._copy(place, function, "cond", attrs, {at: merge.output for at, merge in merges.items()})[0]

    def _round(self, switches: dict[int, Node]) -> list[Value]:
        function, attrs = self._body
        entered = next(iter(switches.values())).value(1)
        place = self._inside(self._add("Identity", "body", [entered], type_attr(entered)), function)
        return self._copy(place, function, "body", attrs, {at: switch.value(1) for at, switch in switches.items()})

    def _inside(self, pivot: Node, function: Graph) -> Place:
        return Place(self._graph, pivot, self._brought, self._outside, self._outside.within)

    def _copy(
        self, place: Place, function: Graph, name: str, attrs: dict[str, Attr], inside: dict[int, Value]
    ) -> list[Value]:
        arguments = [inside.get(at, value) for at, value in enumerate(self._node.inputs)]
        copy = Copy(place, function, f"{self._node.name}/{name}", self._places)
        results = copy.of(arguments, [at in inside for at in range(len(arguments))], attrs)
        place.within = (*place.within, function.name)
        return results


def unchanged(body: Graph) -> set[int]:
    """The loop variables that every round hands on as they are."""
    found = set()
    for at, (argument, value) in enumerate(zip(body.inputs, body.outputs, strict=False)):
        source = value
        while source.node.op == "Identity" and source.node.inputs:
            source = source.node.inputs[0]
        if source.node is argument:
            found.add(at)
    return found


def _frame_name(wanted: str, taken: set[str]) -> str:
    """Lower case, as TF.js reads it, and of no other loop."""
    base = wanted.lower()
    name, count = base, 0
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name
