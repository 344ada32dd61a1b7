"""Copies functions to where they run: into a branch, into a round of a loop, or just beside their caller.

TF.js runs a graph with control flow by frames: a node runs once for each round of the loop it is in, when all it reads
has arrived in that round. From there follows what a copy must look like:

- A node that reads nothing of its round would run in the first one only. In a loop it goes outside, and what is inside
  reads it through `Enter` with `is_constant`. What may not be shared between rounds (new lists, random numbers)
  stays inside and waits for the round.
- Constants are there from the start, and everywhere: they need no Enter and no Switch, but they wait for nothing.
  What reads nothing else waits for its branch or round through an Identity with a control edge to the `pivot`, a node
  that runs once in each. It is the only control edge that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tensorflowjs.errors import CorruptInputError, Problem, UnsupportedError
from tensorflowjs.ir.graph import Attr, Func, Graph, Node, Placeholder, Type, Value
from tensorflowjs.passes.controls import WAITS
from tensorflowjs.passes.types import type_of

MOST_NODES = 2_000_000  # a small file can ask for endlessly more by functions within functions
BRANCHES = ("If", "StatelessIf")
LOOPS = ("While", "StatelessWhile")
FUNCTIONAL = (*BRANCHES, *LOOPS)

_TABLES = frozenset({"HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2"})
_EACH_TIME = frozenset(  # what these make may not be shared between rounds
    {"EmptyTensorList", "TensorListReserve", "TensorListFromTensor", "TensorListScatter", "TensorListScatterV2",
     "TensorListSplit", "TensorArrayV3", "RandomUniform", "RandomUniformInt", "RandomStandardNormal",
     "TruncatedNormal", "Multinomial", "RandomShuffle"}
)  # fmt: skip


def always_there(value: Value) -> bool:
    """Whether TF.js has `value` from the start, in every frame: constants and tables."""
    node = value.node
    return node.op == "Const" or node.op in _TABLES or (node.op == "Placeholder" and is_resource(value))


def is_resource(value: Value) -> bool:
    return type_of(value) == "resource" or value.node.op in _TABLES


def type_attr(value: Value, otherwise: Attr | None = None) -> dict[str, Attr]:
    """The attribute T of a node that hands `value` on."""
    known = type_of(value)
    if known is not None:
        return {"T": Type(known)}
    return {"T": otherwise} if isinstance(otherwise, Type) else {}


@dataclass(eq=False)
class Place:
    """Where nodes run: the graph itself, a branch or a round of a loop.

    `bring` makes a value of outside available inside. `pivot` is None for the graph itself, whose nodes run
    whenever they can. `around` is where nodes go that do not change from round to round, None in branches.
    """

    graph: Graph
    pivot: Node | None = None
    bring: Callable[[Value], Value] | None = None
    around: Place | None = None
    within: tuple[str, ...] = ()  # the functions that this is the inside of
    _gates: dict[Value, Value] = field(default_factory=dict)

    def gate(self, value: Value) -> Value:
        """`value`, but not before this place is entered."""
        if self.pivot is None:
            return value
        if value not in self._gates:
            name = self.graph.fresh_name(f"{value.node.name}/gate")
            gate = Node(name, "Identity", [value], {**type_attr(value), WAITS: True}, [self.pivot])
            self._gates[value] = self.graph.add(gate).output
        return self._gates[value]

    def gated(self, value: Value) -> Value:
        """`value` as a result of this place: constants wait, all else has waited."""
        return self.gate(value) if always_there(value) and not is_resource(value) else value


class Copy:
    """One copy of a function's nodes into a place, `arguments` taking the place of its own."""

    def __init__(self, place: Place, function: Graph, prefix: str, places: dict[Node, Place]) -> None:
        self._place = place
        self._function = function
        self._prefix = prefix
        self._places = places  # of every node with functions, for when it is its turn
        self._values: dict[Value, Value] = {}
        self._inside: set[Node] = set()

    def of(self, arguments: Sequence[Value], inside: Sequence[bool], attrs: dict[str, Attr]) -> list[Value]:
        """Copy; returns the results as values inside of the place. `inside` tells which arguments are."""
        self._check(arguments)
        for argument, value, is_inside in zip(self._function.inputs, arguments, inside, strict=True):
            self._values[argument.output] = value
            if is_inside:
                self._inside.add(value.node)
        for node in _order(self._function):
            self._copy(node, attrs)
        return [self._result(self._moved(value)) for value in self._function.outputs]

    def _check(self, arguments: Sequence[Value]) -> None:
        name, graph = self._function.name, self._place.graph
        if len(arguments) != len(self._function.inputs):
            expected = len(self._function.inputs)
            raise CorruptInputError(
                f"{self._prefix} gives {len(arguments)} arguments to {name}, which takes {expected}."
            )
        if name in self._place.within:
            raise CorruptInputError(f"{self._prefix}: the function {name} calls itself, without end.")
        if len(graph.nodes) + len(self._function.nodes) > MOST_NODES:
            raise CorruptInputError(
                f"{self._prefix}: the functions within functions come to more than {MOST_NODES:,} nodes."
            )

    def _copy(self, node: Node, attrs: dict[str, Attr]) -> None:
        inputs = [self._moved(value) for value in node.inputs]
        stays = self._stays(node, inputs)
        place = self._place if stays else self._place.around or self._place
        if stays and self._place.bring is not None:
            inputs = [self._brought(value, node) for value in inputs]
        if inputs and all(always_there(value) for value in inputs) and node.op not in FUNCTIONAL:
            inputs = _first_gated(inputs, place)
        name = place.graph.fresh_name(f"{self._prefix}/{node.name}")
        copy = place.graph.add(Node(name, node.op, inputs, _bound(node.attrs, attrs)))
        if stays and not (inputs == [] and always_there(copy.output)):
            self._inside.add(copy)
        if node.op in FUNCTIONAL:
            self._places[copy] = place
        for value in node.outputs:
            self._values[value] = copy.value(value.index)

    def _stays(self, node: Node, inputs: Sequence[Value]) -> bool:
        """Whether the node belongs inside: it reads what is there, or has to run anew each time."""
        if self._place.around is None:
            return True
        return node.op in _EACH_TIME or any(value.node in self._inside for value in inputs)

    def _moved(self, value: Value) -> Value:
        found = self._values.get(value)
        if found is None:
            where = f"{self._function.name}: {value.node.name} ({value.node.op})"
            problem = Problem(where, "a loop within a function", "try --control_flow_v2, which keeps loops as they are")
            raise UnsupportedError("This graph cannot be converted.", [problem])
        return found

    def _brought(self, value: Value, reader: Node) -> Value:
        if value.node in self._inside or always_there(value) or self._place.bring is None:
            return value
        found = self._place.bring(value)
        once = self._place.around is not None and (reader.op in FUNCTIONAL or reader.op in _EACH_TIME)
        return self._place.gate(found) if once else found

    def _result(self, value: Value) -> Value:
        if value.node in self._inside or is_resource(value):
            return value
        if always_there(value):
            return self._place.gate(value)
        if self._place.bring is None:
            return value
        found = self._place.bring(value)
        return self._place.gate(found) if self._place.around is not None else found


def _first_gated(inputs: list[Value], place: Place) -> list[Value]:
    """`inputs` of which the first that can be is only there once the place is entered."""
    at = next((at for at, value in enumerate(inputs) if not is_resource(value)), None)
    if at is None:
        return inputs
    return [place.gate(value) if position == at else value for position, value in enumerate(inputs)]


def _order(function: Graph) -> list[Node]:
    """The nodes that the results of a function need, each behind those it reads."""
    kept: set[Node] = set()
    waiting = [value.node for value in function.outputs]
    while waiting:
        node = waiting.pop()
        if node not in kept:
            kept.add(node)
            waiting += [value.node for value in node.inputs]
    return [node for node in function.in_order() if node in kept and node.op != "Arg"]


def _bound(attrs: dict[str, Attr], given: dict[str, Attr]) -> dict[str, Attr]:
    return {
        key: given.get(value.name, value) if isinstance(value, Placeholder) else value for key, value in attrs.items()
    }


def function_of(node: Node, attr: str, functions: dict[str, Graph]) -> tuple[Graph, dict[str, Attr]]:
    """The function that an attribute names, and the attributes it is called with."""
    func = node.attrs.get(attr)
    if not isinstance(func, Func) or func.name not in functions:
        name = func.name if isinstance(func, Func) else attr
        raise CorruptInputError(f"{node.name} ({node.op}) calls the function {name}, which the file does not hold.")
    return functions[func.name], dict(func.attrs)
