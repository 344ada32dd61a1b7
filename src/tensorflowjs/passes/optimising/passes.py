"""What a pass of the optimiser is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tensorflowjs.ir.graph import Graph, GraphModel, Value
from tensorflowjs.passes.optimising.spot import Spot

Rule = Callable[[Spot], Value | Sequence[Value] | None]
Whole = Callable[[Graph], int]
Over = Callable[[GraphModel], int]


@dataclass(frozen=True)
class Pass:
    """One idea, under the name by which users switch it off.

    `rules` look at one node and what leads to it; the optimiser calls them wherever something has changed, until none
    has anything left to do. `whole` looks at a graph at once, `model` at all graphs; they return how many things they
    have changed.

    Neither may change what the model returns, up to rounding, nor emit what some backend of TF.js cannot run when
    it could run the graph before.
    """

    name: str
    what: str  # for users, in a few words
    rules: Mapping[str, Rule] = field(default_factory=dict)  # op -> rule
    whole: Whole | None = None
    model: Over | None = None
