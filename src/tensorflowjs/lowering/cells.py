"""Cells of recurrent layers: what one step makes of its input and the states.

What is the same for all steps, the product of the input with the kernel, is written once for the whole sequence
(`prepared`); a step gets its share of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from tensorflowjs.catalog.cudnn import gru_of_cudnn, lstm_of_cudnn
from tensorflowjs.catalog.geometry import Window
from tensorflowjs.catalog.layers.recurrent import per_axis
from tensorflowjs.catalog.masks import version
from tensorflowjs.ir.layers import Layer
from tensorflowjs.lowering.activations import activation_of
from tensorflowjs.lowering.convolution import convolved
from tensorflowjs.lowering.engine import Site
from tensorflowjs.lowering.functions import add_bias, dense, full, matmul, product_of, sizes_of, split
from tensorflowjs.lowering.values import Size, Traced

States = list[Traced]


class Cell(Protocol):
    cost: int  # nodes of one step, more or less

    def prepared(self, x: Traced) -> Traced:
        """The sequence [batch, time, ...] as the steps take it."""

    def zeros(self, prepared: Traced) -> States:
        """States to begin with."""

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        """The output of a step and the states behind it."""


Make = Callable[[Site, Layer], Cell]


class _Dense:
    """What cells of vectors have in common."""

    states = 1
    cost = 3

    def __init__(self, site: Site, layer: Layer) -> None:
        self.site = site
        self.units = int(layer.config["units"])
        self.kernel = site.weight("kernel")
        self.recurrent = site.weight("recurrent_kernel")
        self.bias = site.optional("bias")
        self.activation = activation_of(site, layer.config["activation"])
        self.gate = activation_of(site, layer.config.get("recurrent_activation"))

    def prepared(self, x: Traced) -> Traced:
        return dense(x, self.kernel, self.bias)

    def zeros(self, prepared: Traced) -> States:
        return [full(prepared, [prepared.size(0), self.units], 0.0)] * self.states

    def parts(self, x: Traced, count: int) -> list[Traced]:
        return split(x, [self.units] * count, -1)


class Simple(_Dense):
    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        output = self.activation(x + matmul(states[0], self.recurrent))
        return output, [output]


class Lstm(_Dense):
    states = 2
    cost = 13

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        before, carried = states
        i, f, c, o = self.parts(x + matmul(before, self.recurrent), 4)
        carried = self.gate(f) * carried + self.gate(i) * self.activation(c)
        output = self.gate(o) * self.activation(carried)
        return output, [output, carried]


class Gru(_Dense):
    """Resets the state before it is multiplied."""

    cost = 15

    def __init__(self, site: Site, layer: Layer) -> None:
        super().__init__(site, layer)
        units = self.units
        shape = (units, 2 * units)
        self.of_gates = site.derived("recurrent_kernel", "of_gates", shape, lambda values: values[:, : 2 * units])
        self.of_state = site.derived(
            "recurrent_kernel", "of_state", (units, units), lambda values: values[:, 2 * units :]
        )

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        (before,) = states
        for_gates, for_state = split(x, [2 * self.units, self.units], -1)
        z, r = self.parts(self.gate(for_gates + matmul(before, self.of_gates)), 2)
        new = self.activation(for_state + matmul(r * before, self.of_state))
        output = new + z * (before - new)
        return output, [output]


class GruResetAfter(_Dense):
    """Resets what comes of the state."""

    cost = 15

    def __init__(self, site: Site, layer: Layer) -> None:
        super().__init__(site, layer)
        self.recurrent_bias: Traced | None = None
        if self.bias is not None:
            shape = (3 * self.units,)
            self.bias, self.recurrent_bias = (
                site.derived("bias", name, shape, lambda values, row=row: values[row])  # type: ignore[misc]
                for row, name in enumerate(("of_input", "of_state"))
            )

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        (before,) = states
        inner = matmul(before, self.recurrent)
        inner = inner if self.recurrent_bias is None else add_bias(inner, self.recurrent_bias)
        sizes = [2 * self.units, self.units]
        (x_gates, x_state), (h_gates, h_state) = split(x, sizes, -1), split(inner, sizes, -1)
        z, r = self.parts(self.gate(x_gates + h_gates), 2)
        new = self.activation(x_state + r * h_state)
        output = new + z * (before - new)
        return output, [output]


class ConvLstm:
    """An LSTM over images, sequences or volumes, with channels last."""

    cost = 14

    def __init__(self, site: Site, layer: Layer, rank: int) -> None:
        config = layer.config
        self.filters = int(config["filters"])
        window = Window.of_kernel({**config, "kernel_size": per_axis(config["kernel_size"], rank)}, rank)
        self.window = window
        self.again = Window(window.size, (1,) * rank, (1,) * rank, "same")
        self.kernel, self.recurrent = (_kernel(site, name, rank) for name in ("kernel", "recurrent_kernel"))
        self.bias = site.optional("bias")
        self.activation = activation_of(site, config["activation"])
        self.gate = activation_of(site, config["recurrent_activation"])

    def prepared(self, x: Traced) -> Traced:
        sizes = sizes_of(x)
        y = convolved(x.reshape([product_of(sizes[:2]), *sizes[2:]]), self.kernel, self.window)
        y = y if self.bias is None else add_bias(y, self.bias)
        return y.reshape([*sizes[:2], *sizes_of(y)[1:]])

    def zeros(self, prepared: Traced) -> States:
        batch, _, *space, _ = sizes_of(prepared)
        sizes: list[Size] = [batch, *space, self.filters]
        return [full(prepared, sizes, 0.0)] * 2

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        before, carried = states
        i, f, c, o = split(x + convolved(before, self.recurrent, self.again), [self.filters] * 4, -1)
        carried = self.gate(f) * carried + self.gate(i) * self.activation(c)
        output = self.gate(o) * self.activation(carried)
        return output, [output, carried]


def _kernel(site: Site, name: str, rank: int) -> Traced:
    if rank > 1:
        return site.weight(name)
    return site.derived(name, "of_row", (1, *site.tensor(name).shape), lambda values: values)


class Stack:
    """Cells one behind the other in every step. `backwards`: their states are counted from the last one."""

    def __init__(self, cells: Sequence[tuple[Cell, int]], backwards: bool) -> None:
        self.cells = [cell for cell, _ in cells]
        self.counts = [count for _, count in cells]
        self.backwards = backwards
        self.cost = sum(cell.cost + 3 for cell in self.cells)

    def prepared(self, x: Traced) -> Traced:
        return self.cells[0].prepared(x)

    def zeros(self, prepared: Traced) -> States:
        return self._flat([cell.zeros(prepared) for cell in self.cells])

    def step(self, x: Traced, states: States) -> tuple[Traced, States]:
        after = []
        for number, (cell, own) in enumerate(zip(self.cells, self._apart(states), strict=True)):
            x, new = cell.step(x if number == 0 else cell.prepared(x), own)
            after.append(new)
        return x, self._flat(after)

    def _flat(self, groups: list[States]) -> States:
        return [state for group in (groups[::-1] if self.backwards else groups) for state in group]

    def _apart(self, states: States) -> list[States]:
        counts = self.counts[::-1] if self.backwards else self.counts
        groups, start = [], 0
        for count in counts:
            groups.append(states[start : start + count])
            start += count
        return groups[::-1] if self.backwards else groups


# ---------------------------------------------------------------------------- which cell


def cell_of(site: Site, layer: Layer) -> Cell:
    """The cell that a recurrent layer runs, or that `layer` is; `site` is where its weights stand."""
    if layer.class_name == "RNN":
        return cell_of(inside(site, "cell", layer.children["cell"]), layer.children["cell"])
    if layer.class_name == "StackedRNNCells":
        children = [(inside(site, key, child), child) for key, child in layer.children.items()]
        return Stack([_counted(where, child) for where, child in children], _counts_backwards(site, layer))
    make = None if layer.registered_name else _CELLS.get(layer.class_name.removesuffix("Cell"))
    if make is None:
        site.refuse(f"its cell is a {layer.registered_name or layer.class_name}, which is not one of Keras")
    return make(site, layer)


def _counted(site: Site, layer: Layer) -> tuple[Cell, int]:
    cell = cell_of(site, layer)
    count = sum(cell.counts) if isinstance(cell, Stack) else getattr(cell, "states", 2)
    return cell, int(count)


def _counts_backwards(site: Site, layer: Layer) -> bool:
    """As Keras did before 2.3, and does where it is told to."""
    before = version(site.version) < (2, 3) and not site.version.endswith("-tf")
    return before or bool(layer.config.get("reverse_state_order"))


def inside(site: Site, key: str, child: Layer) -> Site:
    """The site of what a layer wraps, as far as weights go."""
    return replace(site, layer=child, path=f"{site.path}/{key}")


def _gru(site: Site, layer: Layer) -> Cell:
    return GruResetAfter(site, layer) if layer.config.get("reset_after") else Gru(site, layer)


def _cudnn(change: Callable[[Layer], Layer], make: Make) -> Make:
    def cell(site: Site, layer: Layer) -> Cell:
        general = change(layer)
        return make(replace(site, layer=general), general)

    return cell


def _conv(rank: int) -> Make:
    return lambda site, layer: ConvLstm(site, layer, rank)


_CELLS: dict[str, Make] = {
    "SimpleRNN": Simple,
    "LSTM": Lstm,
    "GRU": _gru,
    "CuDNNLSTM": _cudnn(lstm_of_cudnn, Lstm),
    "CuDNNGRU": _cudnn(gru_of_cudnn, _gru),
    "ConvLSTM1D": _conv(1),
    "ConvLSTM2D": _conv(2),
    "ConvLSTM3D": _conv(3),
}
