"""Applies passes to graphs until none of them has anything left to do."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.ir.graph import Graph, GraphModel, Node, Value
from tensorflowjs.passes.building import CannotBuildError
from tensorflowjs.passes.optimising.branches import Branches
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.passes import Pass, Rule
from tensorflowjs.passes.optimising.spot import Known, Spot
from tensorflowjs.passes.reach import graphs

_NEVER_OUTPUTS = frozenset({"Const", "Placeholder", "PlaceholderWithDefault", "Arg"})
MOST_CHANGES = 30  # for each node, on average, in a round: two rules that undo each other end somewhere
MOST_ROUNDS = 20  # of whole-graph passes and rules in turn; real graphs need three or four


def optimise(model: GraphModel, stages: Iterable[Sequence[Pass]], journal: Journal) -> bool:
    """Apply each stage of passes to every graph of `model` until nothing changes, then the next stage.

    It expects what `rewriting.rewrite` leaves: only ops that TF.js runs, controls only where branches need them.
    """
    before = journal.done.total()
    with _no_collection():
        for stage in stages:
            _run_stage(model, stage, journal)
    journal.missed = {key: why for key, why in journal.missed.items() if key[1] in model.graph.nodes}
    return journal.done.total() > before


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nodes and values point at each other, and nearly all live on: to look for garbage takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _run_stage(model: GraphModel, stage: Sequence[Pass], journal: Journal) -> None:
    for _ in range(MOST_ROUNDS):
        for graph in graphs(model):
            _Optimiser(graph, stage, journal).run()
        if not _run_over(model, stage, journal):
            return


def _run_over(model: GraphModel, stage: Sequence[Pass], journal: Journal) -> bool:
    """The passes that look at the whole model."""
    changed = False
    for each in stage:
        count = each.model(model) if each.model is not None else 0
        if count:
            journal.done[each.name] += count
            changed = True
    return changed


def _steers(node: Node) -> bool:
    """Whether TF.js runs `node` as control flow, the results of which it cannot always find by name."""
    row = tfjs_ops().get(node.op)
    return row is not None and row.category == "control"


class _Optimiser:
    def __init__(self, graph: Graph, stage: Sequence[Pass], journal: Journal) -> None:
        self._graph = graph
        self._journal = journal
        self._wholes = [each for each in stage if each.whole is not None]
        self._rules: dict[str, list[tuple[str, Rule]]] = {}
        for each in stage:
            for op, rule in each.rules.items():
                self._rules.setdefault(op, []).append((each.name, rule))
        self._inputs = set(graph.inputs)
        self._known = Known(graph)
        self._branches: Branches | None = None
        self._waiting: deque[Node] = deque()
        self._queued: set[Node] = set()

    def run(self) -> None:
        for number in range(MOST_ROUNDS):
            changed = self._run_wholes()
            if (number and not changed) or not self._run_rules() or not self._wholes:
                return

    def _run_wholes(self) -> bool:
        changed = False
        for each in self._wholes:
            assert each.whole is not None
            count = each.whole(self._graph)
            if count:
                self._journal.done[each.name] += count
                changed = True
        return changed

    # -- rules

    def _run_rules(self) -> bool:
        self._known = Known(self._graph)
        self._branches = None
        self._pivots = {control for node in self._graph.nodes.values() for control in node.controls}
        self._queue(self._graph.in_order())
        changed = False
        left = MOST_CHANGES * len(self._graph.nodes) + MOST_CHANGES
        while self._waiting and left:
            node = self._waiting.popleft()
            self._queued.discard(node)
            if node.graph is self._graph and self._improve(node):
                changed = True
                left -= 1
        self._waiting.clear()
        self._queued.clear()
        return changed

    def _queue(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if node.op in self._rules and node.graph is self._graph and node not in self._queued:
                self._queued.add(node)
                self._waiting.append(node)

    def _improve(self, node: Node) -> bool:
        if node.controls or node in self._inputs or node in self._pivots:
            return False
        return any(self._applied(name, rule, node) for name, rule in self._rules[node.op])

    def _applied(self, name: str, rule: Rule, node: Node) -> bool:
        spot = Spot(node, self._known, lambda why: self._journal.leave(name, node.name, why))
        try:
            outcome = rule(spot)
        except CannotBuildError:
            outcome = None
        results = [] if outcome is None else [outcome] if isinstance(outcome, Value) else list(outcome)
        if not results or not self._may_replace(node, results, spot.made):
            self._graph.remove(reversed(spot.made))
            return False
        self._journal.did(name, node.name)
        self._replace(node, results, spot.made)
        return True

    def _may_replace(self, node: Node, results: list[Value], made: list[Node]) -> bool:
        if self._branches is None:
            self._branches = Branches(self._graph)
        for value in node.outputs:
            is_output = self._graph.is_output(value)
            if value.index >= len(results):
                if value.used or is_output:
                    return False
                continue
            result = results[value.index]
            if is_output and not (result is results[0] and self._can_be_named(result, made)):
                return False
            if not self._branches.may_stand(value, result):
                return False
        return True

    def _can_be_named(self, result: Value, made: list[Node]) -> bool:
        """Outputs keep their names, so what takes the place of one must be free to take its name too."""
        node = result.node
        if result.index != 0 or node.op in _NEVER_OUTPUTS or _steers(node):
            return False
        return node in made or not any(map(self._graph.is_output, node.outputs))

    def _replace(self, node: Node, results: list[Value], made: list[Node]) -> None:
        named = results[0].node in made or any(map(self._graph.is_output, node.outputs))
        readers = [user for value in node.outputs for user in value.users]
        before = [value.node for value in node.inputs]
        assert self._branches is not None
        for index, result in enumerate(results):
            self._branches.replaced(node.value(index), result)
            self._known.take_over(node.value(index), result)
            node.value(index).replace_by(result)
        name = node.name
        self._graph.remove([node])
        if named:
            self._graph.rename(results[0].node, name)
        near = self._drop_unused([*before, *made, *(result.node for result in results)])
        self._queue([*made, *(result.node for result in results), *readers, *near])

    def _drop_unused(self, nodes: Iterable[Node]) -> list[Node]:
        """Remove what nobody reads any more; returns the nodes around, where rules may fit now."""
        near: list[Node] = []
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node.graph is not self._graph:
                continue
            if self._is_unused(node):
                waiting += [value.node for value in node.inputs]
                self._graph.remove([node])
            else:
                near.append(node)
                for value in node.outputs:
                    user = value.only_user
                    if user is not None:
                        near.append(user)
        return near

    def _is_unused(self, node: Node) -> bool:
        if node.used or node in self._inputs or node in self._pivots:
            return False
        return not any(map(self._graph.is_output, node.outputs))
