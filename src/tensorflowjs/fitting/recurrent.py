"""Recurrent layers: kept where TF.js computes the same; gates, cells and layouts that differ are rewritten.

Calls may carry initial states, as further arguments or as `initial_state`; in TF.js they are further inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog.cudnn import gru_of_cudnn, lstm_of_cudnn
from tensorflowjs.catalog.layers.recurrent import state_widths
from tensorflowjs.fitting import hidden_masks, masks, reset_after, states
from tensorflowjs.fitting.activations import within
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Config, Layer, Ref
from tensorflowjs.tensors import ComputedTensor, Tensor, cast

_LSTM = ("recurrent_activation", "recurrent_activation", "state", "recurrent_activation")

# What each block of columns of a kernel goes through. `activation` of an LSTM is applied to the cell's state as
# well, which is no column of a kernel.
GATES: dict[str, tuple[str, ...]] = {
    "SimpleRNN": ("activation",),
    "GRU": ("recurrent_activation", "recurrent_activation", "activation"),
    "LSTM": _LSTM,
    "ConvLSTM1D": _LSTM,
    "ConvLSTM2D": _LSTM,
}
CELLS = ("SimpleRNNCell", "GRUCell", "LSTMCell")
STEEPER = 5 / 6  # hard_sigmoid of Keras 3 at x is that of Keras 2 and of TF.js at 5/6 x


def recurrent(site: Site) -> Outputs:
    """As it is; hard_sigmoid gates of Keras 3 by scaled weights."""
    return run(site, fit_cell(site, site.layer))


def gru(site: Site) -> Outputs:
    """As it is; with reset_after=True, a SimpleRNN whose activation is a model of one step."""
    return run(site, fit_cell(site, site.layer))


def rnn(site: Site) -> Outputs:
    """As it is; states of stacked cells change places, since TF.js counts them from the last cell."""
    check_arguments(site, site.layer)
    cell = fit_cells(site, site.layer.children["cell"])
    return run(site, Layer(site.layer.name, "RNN", site.config, children={"cell": cell}))


def cudnn_lstm(site: Site) -> Outputs:
    """LSTM with the kernels turned and the two biases added."""
    check_arguments(site, site.layer)
    return run(site, lstm_of_cudnn(site.layer))


def cudnn_gru(site: Site) -> Outputs:
    """GRU with reset_after=True, with the kernels turned."""
    return run(site, fit_cell(site, gru_of_cudnn(site.layer)))


def cell(site: Site) -> Outputs:
    """As it is in the layer that runs it; refused on its own."""
    site.refuse("a cell on its own: TF.js runs cells only inside a layer", "put it into an RNN layer")


def run(site: Site, fitted: Layer) -> Outputs:
    """Call the fitted layer on the site's sequence and states, with the mask that Keras gives it."""
    _check_zeros(site, fitted.config)
    initial, sequence = states.given(site), masks.sequence(site)
    begin = masks.begun(site, fitted) if initial or fitted.config.get("stateful") else None
    if begin is not None:
        sequence = masks.behind(site, sequence, begin)
    outputs = run_layer(site, fitted, [sequence, *initial])
    if fitted.config.get("zero_output_for_mask"):
        outputs[0] = masks.zeroed(site, outputs[0], site.mask)
    elif begin is not None:
        outputs[0] = masks.zeroed_until(site, outputs[0], begin)
    return outputs


def run_layer(site: Site, layer: Layer, inputs: list[Ref], part: str | None = None) -> list[Ref]:
    """All outputs of a fitted recurrent layer called on a sequence and perhaps states."""
    fitted = replace(layer, config={**layer.config, "unroll": False})  # says only how to compute; TF.js warns of it
    sequence, *initial = inputs
    of_state = _cell_of_each_state(layer)
    initial = list(map(reset_after.widened, repeat(site), initial, of_state, _names("initial", part)))
    output, *after = hidden_masks.run(site, fitted, [sequence, *_swapped(layer, initial)], part)
    output = reset_after.narrowed(site, output, _cells(layer)[-1], part or "first")
    after = _swapped(layer, after, back=True)
    return [output, *map(reset_after.narrowed, repeat(site), after, of_state, _names("state", part))]


def _names(what: str, part: str | None) -> Iterator[str]:
    return (f"{part}_{what}{number}" if part else f"{what}{number}" for number in count(1))


def _cells(layer: Layer) -> list[Layer]:
    """The cells that a recurrent layer runs, in their order; a layer with a cell of its own counts as one."""
    cell = layer.children.get("cell", layer)
    return list(cell.children.values()) if cell.class_name == "StackedRNNCells" else [cell]


def _cell_of_each_state(layer: Layer) -> list[Layer]:
    return [cell for cell in _cells(layer) for _ in state_widths(cell)]


def _check_zeros(site: Site, config: Config) -> None:
    """What Keras' zero_output_for_mask does besides what it says."""
    if site.mask is None or not config.get("zero_output_for_mask"):
        return
    if not config.get("return_sequences"):
        site.refuse("zero_output_for_mask=True of the last output, behind a mask", masks.HINT)
    if config.get("go_backwards"):  # the output is turned around, the mask that it carries is not
        site.refuse("zero_output_for_mask=True with go_backwards=True, behind a mask", masks.HINT)


def _swapped(layer: Layer, values: list[Ref], back: bool = False) -> list[Ref]:
    """States of stacked cells in the order of TF.js, last cell first, or back in that of Keras."""
    cell = layer.children.get("cell")
    if cell is None or cell.class_name != "StackedRNNCells" or not values:
        return values
    sizes = [len(state_widths(child)) for child in cell.children.values()]
    groups, start = [], 0
    for size in reversed(sizes) if back else sizes:
        groups.append(values[start : start + size])
        start += size
    return [ref for group in reversed(groups) for ref in group]


# ---------------------------------------------------------------------------- cells


def fit_cells(site: Site, cell: Layer) -> Layer:
    """A cell, or a stack of them, as TF.js takes it."""
    if cell.registered_name is not None or cell.class_name not in (*CELLS, "StackedRNNCells"):
        site.refuse(f"its cell is a {cell.registered_name or cell.class_name}, which TF.js does not have")
    if cell.class_name != "StackedRNNCells":
        return fit_cell(site, cell)
    if cell.config.get("reverse_state_order") or any(child.children for child in cell.children.values()):
        site.refuse("stacked cells with reverse_state_order, or stacks in a stack", masks.HINT)
    cells: dict[str, Layer] = {}
    for key, child in cell.children.items():
        fitted = fit_cell(site, child)
        if cells and reset_after.is_wide(list(cells.values())[-1]):
            fitted.weights["kernel"] = reset_after.with_more_rows(fitted.weights["kernel"])
        cells[key] = fitted
    return Layer(cell.name, "StackedRNNCells", children=cells, trainable=cell.trainable)


def fit_cell(site: Site, layer: Layer) -> Layer:
    """A recurrent layer or cell with activations and weights as TF.js needs them; reports what it cannot do."""
    check_arguments(site, layer)
    if layer.config.get("reset_after"):
        return reset_after.as_simple_rnn(site, layer)
    config, gates = dict(layer.config), GATES[layer.class_name.removesuffix("Cell")]
    steep: set[str] = set()
    for argument in {"activation", "recurrent_activation"} & set(config):
        if config[argument] == "hard_sigmoid" and site.generation == 3 and _is_only_gate(argument, gates):
            steep.add(argument)
        else:
            config[argument] = _activation(site, argument, config[argument])
    if layer.class_name in CELLS:  # TF.js keeps dropout masks of a bare cell even for batches of another size
        config.update(dropout=0.0, recurrent_dropout=0.0)
    weights = scaled(layer.weights, [STEEPER if gate in steep else 1.0 for gate in gates])
    return Layer(layer.name, layer.class_name, config, weights=weights, trainable=layer.trainable)


def _is_only_gate(argument: str, gates: tuple[str, ...]) -> bool:
    return argument == "recurrent_activation" or "state" not in gates


def _activation(site: Site, argument: str, value: Any) -> str | Config | None:
    """TF.js's name of an activation, or a model that stands in its place."""
    name = within(value, site.generation)
    if name is None:
        shown = value.get("class_name") if isinstance(value, dict) else value
        site.report(f"{argument}={shown}: TF.js has none that computes the same inside a cell", masks.HINT)
    return name


def check_arguments(site: Site, layer: Layer) -> None:
    config = layer.config
    if config.get("time_major"):
        site.report("time_major=True: TF.js takes the batch first", "rebuild the layer with the batch first")
    if config.get("stateful") and site.known_shape()[0] is None:
        site.report("stateful=True without a fixed batch size", "give the Input a batch_size")
    if config.get("stateful") and len(states.used_outputs(site.source, site.layer.name, site.number)) > 1:
        site.report("stateful=True with several outputs in use: TF.js would take a step for each", masks.HINT)
    if config.get("num_constants") or site.call.kwargs.get("constants") is not None:
        site.report("constants in the call of a recurrent layer", masks.HINT)


# ---------------------------------------------------------------------------- weights


def scaled(weights: dict[str, Tensor], factors: Sequence[float]) -> dict[str, Tensor]:
    """Every weight with its blocks of columns multiplied, by one factor for each block."""
    if all(factor == 1 for factor in factors):
        return weights
    return {name: _scaled(tensor, factors) for name, tensor in weights.items()}


def _scaled(tensor: Tensor, factors: Sequence[float]) -> Tensor:
    def compute() -> NDArray[Any]:
        values = as_floats(tensor)
        columns = np.repeat(np.asarray(factors, "float32"), values.shape[-1] // len(factors))
        scaled: NDArray[Any] = values * columns
        return scaled

    return ComputedTensor("float32", tensor.shape, compute, tensor.origin)


def as_floats(tensor: Tensor) -> NDArray[Any]:
    return cast(tensor, "float32").read()


RULES: dict[str, Rule] = {
    "SimpleRNN": recurrent,
    "LSTM": recurrent,
    "GRU": gru,
    "RNN": rnn,
    "CuDNNLSTM": cudnn_lstm,
    "CuDNNGRU": cudnn_gru,
    **dict.fromkeys((*CELLS, "StackedRNNCells"), cell),
}
