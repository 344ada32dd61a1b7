"""Writes ops that TF.js lacks, or runs with other results, in terms of those it runs right."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Graph, GraphModel, Node, Value
from tensorflowjs.passes.arguments import declare_arguments
from tensorflowjs.passes.building import CannotBuildError, is_read
from tensorflowjs.passes.hoisting import hoist_invariants
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.rewrites import rules
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.shapes import Shapes


def rewrite(model: GraphModel) -> bool:
    """Nodes for which there is a rule become what the rule makes of them; the last of these takes the name.

    %y = Erfc(%x)     %y/Const = Const() {value: float32[]{1.0}}
                   -> %y/Erf = Erf(%x)
                      %y = Sub(%y/Const, %y/Erf)

    It expects that `dtypes.narrow_dtypes` has run. What no rule can do is left for `checking` to refuse.
    """
    table = rules()
    declare_arguments(model)
    changed = [_Rewriter(graph, table).run() for graph in graphs(model)]
    return any(changed)


class _Rewriter:
    def __init__(self, graph: Graph, table: dict[str, list[Rule]]) -> None:
        self._graph = graph
        self._table = table
        self._shapes: Shapes | None = None
        self._controlled = [node for node in graph.nodes.values() if node.controls]

    def shapes(self) -> Shapes:
        if self._shapes is None:
            self._shapes = Shapes(self._graph)
        return self._shapes

    def run(self) -> bool:
        """Rewrite until nothing is left that any rule can do: what one rule writes tells others about shapes."""
        changed = False
        while self._round():
            self._shapes = None
            changed = True
        if changed:
            hoist_invariants(self._graph)
        return changed

    def _round(self) -> bool:
        waiting = [node for node in self._graph.nodes.values() if node.op in self._table]
        changed = False
        while waiting:
            made = self._rewrite(waiting.pop())
            changed |= bool(made)
            waiting += [other for other in made if other.graph is not None and other.op in self._table]
        return changed

    def _rewrite(self, node: Node) -> list[Node]:
        """Replace `node` if its rule can; returns the nodes made."""
        site = Site(node, self.shapes)
        results = self._results(site)
        if not results or _is_read_beyond(node, len(results)):
            self._graph.remove(reversed(site.made))
            return []
        self._replace(node, results, site.made)
        return site.made or [results[0].node]

    def _results(self, site: Site) -> list[Value]:
        for rule in self._table[site.old.op]:
            try:
                outcome = rule(site)
            except CannotBuildError:
                continue
            if outcome is not None:
                return [outcome] if isinstance(outcome, Value) else list(outcome)
        return []

    def _replace(self, node: Node, results: Sequence[Value], made: list[Node]) -> None:
        name = node.name
        for index, result in enumerate(results):
            node.value(index).replace_by(result)
        for other in self._controlled:
            other.controls = [results[0].node if control is node else control for control in other.controls]
        self._graph.remove([node])
        if results[0].node in made:
            self._graph.rename(results[0].node, name)


def _is_read_beyond(node: Node, count: int) -> bool:
    """Whether anything reads an output that the rule has no value for."""
    return any(value.index >= count and is_read(value) for value in node.outputs)
