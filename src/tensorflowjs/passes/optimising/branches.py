"""Which branches a value waits for, so that no rule lets one arrive in a branch that is not taken."""

from __future__ import annotations

from collections.abc import Iterable

from tensorflowjs.ir.graph import Graph, Node, Value

_SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
_MERGES = frozenset({"Merge", "RefMerge"})
_ENTRANCES = frozenset({*_MERGES, "NextIteration", "RefNextIteration", "Enter", "RefEnter", "Exit"})
Waits = frozenset[Value]
_NONE: Waits = frozenset()


class Branches:
    """The Switches' predicates that have to be decided before a value can be there.

    TF.js runs a Merge when the first of its inputs is there. One that had been waiting for a Switch and no longer does
    would always be first. What is between the two does not matter: a node waits as long as one of its inputs does.
    """

    def __init__(self, graph: Graph) -> None:
        self._needed = any(node.op in _SWITCHES for node in graph.nodes.values())
        self._waits: dict[Node, Waits] = {}
        self._names: dict[Value, Value] = {}  # predicates that have taken the place of others: these
        if self._needed:
            self._pivots = {control for node in graph.nodes.values() for control in node.controls}
            for node in graph.in_order():
                self.of(node)

    def of(self, node: Node) -> Waits:
        if not self._needed:
            return _NONE
        known = self._waits.get(node)
        if known is None:
            self._waits[node] = _NONE  # ends the search in loops
            known = self._waits[node] = self._find(node, [self.of(one) for one in _waited_for(node)])
        return known

    def may_stand(self, old: Value, new: Value) -> bool:
        """Whether no branch or round is entered earlier with `new` in the place of `old`."""
        return not self._needed or self._earlier(old, new) is not None

    def replaced(self, old: Value, new: Value) -> None:
        """Take note that `new` is about to take the place of `old`."""
        if self._needed:
            self._names.setdefault(new, self._names.get(old, old))
            self._waits.update(self._earlier(old, new) or {})

    def _earlier(self, old: Value, new: Value) -> dict[Node, Waits] | None:
        """What the nodes wait for that will wait for less; None if that would be an entrance, or open a gate."""
        if self.of(old.node) <= self.of(new.node):
            return {}
        less: dict[Node, Waits] = {}
        waiting = old.users
        while waiting:
            node = waiting.pop()
            if node.op in _ENTRANCES or node in self._pivots:
                return None
            before = [new.node if value is old else value.node for value in node.inputs] + node.controls
            found = self._find(node, (less.get(one, self.of(one)) for one in before))
            if found < less.get(node, self.of(node)):
                less[node] = found
                waiting += [user for value in node.outputs for user in value.users]
        return less

    def _find(self, node: Node, before: Iterable[Waits]) -> Waits:
        if node.op in _MERGES:
            found = list(before)
            return frozenset.intersection(*found) if found else _NONE
        waits = _NONE.union(*before)
        if node.op in _SWITCHES:
            predicate = node.inputs[1]
            return waits | {self._names.get(predicate, predicate)}
        return waits


def _waited_for(node: Node) -> list[Node]:
    """The nodes before one; those of the next round are not waited for in the first."""
    before = [value.node for value in node.inputs] + node.controls
    if node.op in _MERGES:
        return [other for other in before if other.op != "NextIteration"]
    return before
