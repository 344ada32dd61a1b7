"""The equations of EinsumDense: which axes a kernel contracts, adds and leaves alone."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.ir.layers import Config

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(?:\.\.\.)?([a-zA-Z]+)(?:\.\.\.)?")


@dataclass(frozen=True)
class Einsum:
    """An equation with a letter for every axis (ellipses spelled out) and the sizes known for the letters.

    `bias` has a letter, or "1" to broadcast, for each axis of the bias; it is empty if there is none.
    """

    input: str
    kernel: str
    output: str
    bias: str
    sizes: Mapping[str, Dim]

    def shape(self, letters: str) -> tuple[Dim, ...]:
        return tuple(1 if letter == "1" else self.sizes.get(letter) for letter in letters)


def parse(config: Config, input_shape: tuple[Dim, ...]) -> Einsum | None:
    """The einsum of an EinsumDense with this configuration on this input; None if it is of no form Keras takes."""
    form = _FORM.fullmatch(config["equation"])
    if form is None:
        return None
    left, inputs, right, kernel, output = form.groups()
    elided = len(input_shape) - len(inputs)
    if elided < 0 or (elided > 0 and not (left or right)):
        return None
    free = [letter for letter in string.ascii_letters if letter not in inputs + kernel + output]
    extra = "".join(free[:elided])
    bias = _bias(config.get("bias_axes"), output)
    if left:
        inputs, output = extra + inputs, extra + output
    else:
        inputs, output, bias = inputs + extra, output + extra, bias + "1" * (elided if bias else 0)
    sizes = dict(zip(inputs, input_shape, strict=True))
    sizes.update(_output_sizes(config["output_shape"], output, extra))
    return Einsum(inputs, kernel, output, bias, sizes)


def _bias(axes: str | None, output: str) -> str:
    """From the first axis that has a bias on, every axis of the output: its letter, or 1 without a bias."""
    if not axes:
        return ""
    first = min(output.find(letter) for letter in axes)
    return "".join(letter if letter in axes else "1" for letter in output[first:])


def _output_sizes(given: int | list[Dim], output: str, extra: str) -> dict[str, Dim]:
    """Sizes from `output_shape`, which leaves out the batch and what an ellipsis stands for."""
    sizes = [given] if isinstance(given, int) else list(given)
    named = [letter for letter in output if letter not in extra]
    wanted = named[len(named) - len(sizes) :]
    return {letter: size for letter, size in zip(wanted, sizes, strict=False) if size is not None}
