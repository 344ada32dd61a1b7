"""Which branches a value waits for, so that no rule lets one arrive in a branch that is not taken."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, Node, Value

_SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
_ENTRANCES = frozenset({"Merge", "RefMerge", "NextIteration", "RefNextIteration", "Enter", "RefEnter", "Exit"})
Waits = frozenset[Value]
_NONE: Waits = frozenset()


class Branches:
    """The Switches' predicates that have to be decided before a value can be there.

    TF.js runs a Merge when the first of its inputs is there. One that had been waiting for a Switch and no longer does
    would always be first.
    """

    def __init__(self, graph: Graph) -> None:
        self._needed = any(node.op in _SWITCHES for node in graph.nodes.values())
        self._waits: dict[Node, Waits] = {}
        if self._needed:
            for node in graph.in_order():
                self.of(node)

    def of(self, node: Node) -> Waits:
        known = self._waits.get(node)
        if known is None:
            self._waits[node] = _NONE  # ends the search in loops
            known = self._waits[node] = self._find(node)
        return known

    def may_stand(self, old: Value, new: Value) -> bool:
        """Whether `new` arrives no earlier than `old` wherever that matters."""
        if not self._needed or not any(user.op in _ENTRANCES for user in old.users):
            return True
        return self.of(old.node) <= self.of(new.node)

    def _find(self, node: Node) -> Waits:
        before = [self.of(value.node) for value in node.inputs] + [self.of(control) for control in node.controls]
        if node.op in ("Merge", "RefMerge"):
            return frozenset.intersection(*before) if before else _NONE
        found = _NONE.union(*before) if any(before) else _NONE
        return found | {node.inputs[1]} if node.op in _SWITCHES else found
