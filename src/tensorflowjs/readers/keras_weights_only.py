"""Names for weights without the configuration that tells what they belong to.

HDF5 in the layout of Keras 2 has names, and they stay. Where Keras stores by object path, names are what TF.js would
call the weights as far as the file tells: the layer by its real name (Keras 3.6 and newer) or else by its class and
number, the weight by what its class calls it where the number of weights leaves no doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from tensorflowjs import events
from tensorflowjs.catalog.layers import LAYERS
from tensorflowjs.catalog.variables import snake_case
from tensorflowjs.ir.layers import LayersWeights, WeightGroup
from tensorflowjs.readers.keras_variables import Variables
from tensorflowjs.tensors import Tensor

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
_UNNAMED = ("layer", "cell", "cells")  # TF.js calls what is in them by what is around them
_BY_KIND = {snake_case(row.name): row for row in LAYERS.values()}
_SWITCHES = ("use_bias", "center", "scale")


Found = tuple[str, str, Tensor]  # name, what to put in front if others have that name too, values


def by_layer(groups: Iterable[tuple[str, list[tuple[str, Tensor]]]]) -> LayersWeights:
    """Weights as Keras 2 groups and names them, without the `:0` that TensorFlow adds."""
    named = [(layer, [(name.removesuffix(":0"), layer, tensor) for name, tensor in group]) for layer, group in groups]
    return LayersWeights(_distinct(named))


def by_path(stored: Variables) -> LayersWeights:
    """Weights by object path."""
    if not stored.names:
        events.note("The file does not tell the names of layers: weights are named after classes and their order.")
    groups: dict[str, list[Found]] = {}
    for path, found in stored.by_path.items():
        outer, inner = _scopes(path, stored.names)
        names = ["/".join([*inner, name]) for name in _weight_names(path, len(found))]
        group = groups.setdefault([*outer, *inner, ""][0], [])
        group += [(name, "/".join(outer), tensor) for name, tensor in zip(names, found, strict=True)]
    return LayersWeights(_distinct(list(groups.items())))


def _distinct(groups: list[tuple[str, list[Found]]]) -> list[WeightGroup]:
    """Every name once: TF.js tells weights apart by nothing else."""
    counts = Counter(name for _, group in groups for name, _, _ in group)
    taken = {name for name, count in counts.items() if count == 1}
    result = []
    for layer, group in groups:
        weights = []
        for name, before, tensor in group:
            chosen = name if counts[name] == 1 else _fresh(f"{before}/{name}" if before else name, taken)
            taken.add(chosen)
            weights.append((chosen, tensor))
        result.append(WeightGroup(layer, weights))
    if max(counts.values(), default=1) > 1:
        events.note("Some weights have equal names in different nested models: the model's name stands in front.")
    return [group for group in result if group.weights]


def _fresh(name: str, taken: set[str]) -> str:
    """`name`, or with a number behind its layer: `dense/kernel`, `dense_1/kernel`."""
    layer, _, weight = name.rpartition("/")
    fresh, count = name, 0
    while fresh in taken:
        count += 1
        fresh = f"{layer}_{count}/{weight}"
    return fresh


def _scopes(path: str, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Names of the models around the layer at `path`, and of the layer and of what it wraps."""
    outer: list[str] = []
    inner: list[str] = []
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        if part in _CONTAINERS:
            outer, inner = outer + inner, []
        elif part not in _UNNAMED or not inner:
            inner.append(names.get("/".join(parts[: index + 1]), part))
    return outer, inner


def _weight_names(path: str, count: int) -> list[str]:
    """The names that a class gives to `count` weights; numbers where that depends on what the file does not tell."""
    numbered = [f"variable_{index}" for index in range(count)]  # TF.js takes a bare number for something else
    choices = [names for names in _choices(path) if len(names) == count] or [numbered]
    return [seen[0] if len(set(seen)) == 1 else number for number, *seen in zip(numbered, *choices, strict=True)]


def _choices(path: str) -> Iterator[list[str]]:
    """What the class of the object at `path` may have, by the arguments that do away with one weight each."""
    *_, last = ["", *path.split("/")]
    kind = "lstm_cell" if last == "cell" else last  # all kinds of cells have the same
    row = _BY_KIND.get(kind) or _BY_KIND.get(re.sub(r"_\d+$", "", kind))
    if row is None:
        return
    for number in range(len(_SWITCHES) + 1):
        for off in combinations(_SWITCHES, number):
            weights = row.present_weights({**row.defaults, **dict.fromkeys(off, False)})
            yield [weight.name for weight in weights if "/" not in weight.name]
