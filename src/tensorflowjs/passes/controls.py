"""Drops control edges, which TF.js takes for inputs, but for those that keep constants inside their branch."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Value
from tensorflowjs.passes.reach import graphs

# A constant that goes straight into one of these must not arrive before its branch or round has been entered.
_ENTRANCES = frozenset({"Merge", "RefMerge", "NextIteration", "RefNextIteration", "Enter", "RefEnter", "Exit"})
# Marks an Identity whose control edge has to stay, since the constant it hands on must wait for its branch or round.
WAITS = "_waits"
_SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
_SOURCES = frozenset(
    {"Placeholder", "PlaceholderWithDefault", "PlaceholderV2", "Arg", "VarHandleOp", "VariableV2", "Variable"}
)


def drop_controls(model: GraphModel) -> bool:
    """Control edges go; a constant that is the whole result of a branch waits for the branch in an Identity.

    %one = Const() {value: float32[]{1.0}} ^%pivot     %one = Const() {value: float32[]{1.0}}
    %y = Neg(%x) ^%check                               %one/gate = Identity(%one) ^%pivot
    %m = Merge(%one, %y)                            -> %y = Neg(%x)
                                                       %m = Merge(%one/gate, %y)

    TF.js has constants ready from the start, whatever they wait for. Where the pivot is a Switch in a branch not
    taken, it never comes, nor does the Identity that waits for it.
    """
    changed = False
    for graph in graphs(model):
        changed |= _Controls(graph).drop()
    return changed


class _Controls:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._switched: dict[Node, bool] = {}
        self._pivots: dict[Node, Node | None] = {}

    def drop(self) -> bool:
        controlled = [node for node in self._graph.nodes.values() if node.controls and WAITS not in node.attrs]
        if not controlled:
            return False
        self._find_pivots()
        gates = self._gate()
        for node in controlled:
            node.controls = []
        for value, pivot in gates:
            value.node.controls = [pivot]
        return True

    def _find_pivots(self) -> None:
        """The pivot of each node that TF.js would run at once: all it reads are constants."""
        for node in self._graph.in_order():
            self._switched[node] = node.op in _SWITCHES or any(
                self._switched.get(other, False) for other in _before(node)
            )
            self._pivots[node] = self._pivot(node)

    def _pivot(self, node: Node) -> Node | None:
        if node.op in _SOURCES or node.op in _SWITCHES or node.op in _ENTRANCES or node.op == "LoopCond":
            return None
        if WAITS in node.attrs:
            return None
        inputs = [value.node for value in node.inputs]
        if any(self._pivots.get(other) is None and not _constant(other) for other in inputs):
            return None
        own = [control for control in node.controls if self._switched.get(control, False)]
        return next((pivot for pivot in (*own, *(self._pivots.get(other) for other in inputs)) if pivot), None)

    def _gate(self) -> list[tuple[Value, Node]]:
        """Put an Identity before each entrance that a node running at once leads to."""
        gates: list[tuple[Value, Node]] = []
        made: dict[Value, Value] = {}
        for node in [node for node in self._graph.nodes.values() if node.op in _ENTRANCES]:
            for position, value in enumerate(node.inputs):
                pivot = self._pivots.get(value.node)
                if pivot is None:
                    continue
                if value not in made:
                    made[value] = self._identity(value)
                    gates.append((made[value], pivot))
                node.set_input(position, made[value])
        return gates

    def _identity(self, value: Value) -> Value:
        dtype = value.node.attrs.get("dtype", value.node.attrs.get("T"))
        name = self._graph.fresh_name(f"{value.node.name}/gate")
        attrs: dict[str, Attr] = {WAITS: True} if dtype is None else {"T": dtype, WAITS: True}
        return self._graph.add(Node(name, "Identity", [value], attrs)).output


def _constant(node: Node) -> bool:
    """Whether a node runs at once and in no branch: a constant that waits for nothing."""
    return node.op == "Const"


def _before(node: Node) -> Iterator[Node]:
    yield from (value.node for value in node.inputs)
    yield from node.controls
