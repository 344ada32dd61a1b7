"""Recurrent layers: a cell run over time, step by step in the graph or, for many steps, in a loop.

Masked steps leave the states as they are; the output there is the one before, or zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.geometry import is_channels_first
from tensorflowjs.ir.layers import Config, Layer
from tensorflowjs.lowering.cells import Cell, States, cell_of
from tensorflowjs.lowering.engine import Outputs, Site, Write, traced_in
from tensorflowjs.lowering.functions import gather, stack, unstack, where, zeros_like
from tensorflowjs.lowering.layout import channels_first
from tensorflowjs.lowering.loops import repeat, reserved, stacked, written
from tensorflowjs.lowering.values import FLOAT, Mask, Traced

# Up to so many nodes, the steps of a layer are written one by one, which TF.js runs faster, and in one go.
UNROLLED_NODES = 1000


def recurrent(site: Site) -> Outputs:
    x, *states = site.inputs
    return run(site, site.layer, x.cast(FLOAT), [*states, *given_by_name(site)], site.mask)


def given_by_name(site: Site) -> list[Traced]:
    """Initial states that are no arguments by position."""
    given = site.kwargs.get("initial_state")
    found = list(traced_in(given))
    if given is not None and not found:
        site.refuse("an initial state that is not a value of the model", "compute it in the model")
    return found


def run(site: Site, layer: Layer, x: Traced, states: States, mask: Mask, *, zeroes: bool | None = None) -> list[Traced]:
    """All outputs of `layer` on a sequence. `zeroes` tells whether masked steps give zero, if not the layer does."""
    config = layer.config
    _check(site, config)
    rank = _rank(layer)
    if rank and is_channels_first(config):
        x, states = _last(x), [_last_of_state(state) for state in states]
    if config.get("time_major"):
        x, mask = x.transpose([1, 0, *range(2, x.rank)]), mask and mask.transpose([1, 0])
    cell = cell_of(site, layer)
    prepared = cell.prepared(x)
    initial = states or cell.zeros(prepared)
    steps = _Steps(cell, config, site.version, bool(config.get("zero_output_for_mask")) if zeroes is None else zeroes)
    output, after = steps.run(prepared, [state.cast(FLOAT) for state in initial], mask)
    if config.get("time_major") and config.get("return_sequences"):
        output = output.transpose([1, 0, *range(2, output.rank)])
    results = [output, *(after if config.get("return_state") else [])]
    return [channels_first(value, rank) for value in results] if rank and is_channels_first(config) else results


def _check(site: Site, config: Config) -> None:
    if config.get("stateful"):
        site.refuse(
            "stateful=True: a graph model keeps nothing from one call to the next",
            "give it initial states and return_state=True instead, or convert to a layers model",
        )
    if config.get("num_constants") or site.call.kwargs.get("constants") is not None:
        site.refuse("constants in the call of a recurrent layer")


def _rank(layer: Layer) -> int:
    """The axes of space of a convolutional layer, 0 for others."""
    return int(layer.class_name[-2]) if layer.class_name.startswith("ConvLSTM") else 0


def _last(x: Traced) -> Traced:
    return x.transpose([0, 1, *range(3, x.rank), 2])


def _last_of_state(state: Traced) -> Traced:
    return state.transpose([0, *range(2, state.rank), 1])


@dataclass
class _Steps:
    cell: Cell
    config: Config
    version: str
    zeroes: bool  # masked steps give zero

    @property
    def backwards(self) -> bool:
        return bool(self.config.get("go_backwards"))

    @property
    def all(self) -> bool:
        return bool(self.config.get("return_sequences"))

    def run(self, x: Traced, states: States, mask: Mask) -> tuple[Traced, States]:
        """The outputs of all steps, or the last one, and the states in the end."""
        time = x.dims[1]
        cost = self.cell.cost + (0 if mask is None else 2 + len(states))
        if time is not None and time * cost <= UNROLLED_NODES:
            return self._one_by_one(x, states, mask)
        return self._in_a_loop(x, states, mask)

    def _first(self, states: States) -> Traced | None:
        """What counts as the output before the first step; None for zeros."""
        return None if table.outputs_start_at_zero(self.version) else states[0]

    # ------------------------------------------------------------------------ one by one

    def _one_by_one(self, x: Traced, states: States, mask: Mask) -> tuple[Traced, States]:
        inputs = unstack(x, 1)
        counts: Sequence[Mask] = unstack(mask, 1) if mask is not None else [None] * len(inputs)
        order = range(len(inputs))[:: -1 if self.backwards else 1]
        before = self._first(states)
        outputs = []
        for step in order:
            output, states = self._step(inputs[step], states, counts[step], before)
            before = output
            outputs.append(output)
        if not self.all:
            return outputs[-1], states
        whole = stack(outputs, 1)
        return self._zeroed_late(whole, mask), states

    def _step(self, x: Traced, states: States, counts: Mask, before: Traced | None) -> tuple[Traced, States]:
        output, after = self.cell.step(x, states)
        if counts is None:
            return output, after
        chosen = _beside(counts, output)
        instead = zeros_like(output) if before is None or self._zeroes_now else before
        kept = [where(_beside(counts, new), new, old) for new, old in zip(after, states, strict=True)]
        if not self._zeroes_now and before is not None and instead is states[0] and output is after[0]:
            return kept[0], kept
        return where(chosen, output, instead), kept

    @property
    def _zeroes_now(self) -> bool:
        """Whether zeros are put in step by step; with unroll=True Keras does so in the end, and not backwards."""
        return self.zeroes and not (self.config.get("unroll") and self.backwards and self.all)

    def _zeroed_late(self, outputs: Traced, mask: Mask) -> Traced:
        if mask is None or not self.zeroes or self._zeroes_now:
            return outputs
        return where(_beside(mask, outputs), outputs, 0.0)

    # ------------------------------------------------------------------------ in a loop

    def _in_a_loop(self, x: Traced, states: States, mask: Mask) -> tuple[Traced, States]:
        builder, time = x.builder, x.size(1)
        inputs = _time_first(x.turned(1) if self.backwards else x)
        marks = None if mask is None else _time_first(mask.turned(1) if self.backwards else mask)
        first = self._first(states)
        sample = states[0] if first is not None else None
        shape = self._output_dims(x, states)
        before = sample if sample is not None else self.cell_zero(x, shape)
        variables = [before, *states, *([reserved(builder, shape, time)] if self.all else [])]

        def body(number: Traced, inner: list[Traced]) -> list[Traced]:
            before, *rest = inner
            own = rest[: len(states)]
            counts = None if marks is None else gather(marks, number)
            output, after = self._step(gather(inputs, number), own, counts, before)
            return [output, *after, *(written(values, number, output) for values in rest[len(states) :])]

        output, *rest = repeat(builder, time, variables, body)
        after = rest[: len(states)]
        if not self.all:
            return output, after
        whole = _time_first(stacked(rest[-1], shape, time))
        return self._zeroed_late(whole, mask), after

    def _output_dims(self, x: Traced, states: States) -> tuple[int | None, ...]:
        """Those of one output, which are those of the first state of the last cell."""
        cells = getattr(self.cell, "cells", None)
        if cells is None:
            return states[0].dims
        return (*states[0].dims[:-1], cells[-1].units)

    def cell_zero(self, x: Traced, dims: tuple[int | None, ...]) -> Traced:
        cells = getattr(self.cell, "cells", [self.cell])
        return cells[-1].zeros(x)[0]  # type: ignore[no-any-return]


def _beside(counts: Traced, value: Traced) -> Traced:
    """A mask with axes of size 1 for those that only `value` has."""
    while counts.rank < value.rank:
        counts = counts.expand(-1)
    return counts


def _time_first(x: Traced) -> Traced:
    """Batch and time change places."""
    return x.transpose([1, 0, *range(2, x.rank)])


def cell(site: Site) -> Outputs:
    """One step, of a cell that is called on its own."""
    x, *states = site.inputs
    built = cell_of(site, site.layer)
    output, after = built.step(built.prepared(x.cast(FLOAT)), [state.cast(FLOAT) for state in states])
    return [output, *after]


LAYERS: dict[str, Write] = {
    **dict.fromkeys(
        ("SimpleRNN", "LSTM", "GRU", "RNN", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
        recurrent,
    ),
    **dict.fromkeys(("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"), cell),
}
