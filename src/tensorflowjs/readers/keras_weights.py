"""Gives each layer of a Keras model its weights, from either way in which Keras files store them.

By name of the top-level layer (whole-model HDF5, live models): each has one list, first everything trainable,
then the rest, through all that is nested in it. By path (`.keras`, `.weights.h5`): each object has its own list
under a path made of class names, counted per container.

What was found is checked against what the classes of the catalog have: names where the file tells them, shapes,
and that nothing is missing or left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.policies import is_quantised
from tensorflowjs.catalog.schema import Weight
from tensorflowjs.catalog.variables import snake_case
from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.damage import listed
from tensorflowjs.ir.layers import Layer, LayersModel, Model
from tensorflowjs.readers.keras_variables import Variables
from tensorflowjs.tensors import Tensor

Named = list[tuple[str, Tensor]]


@dataclass(frozen=True)
class Slot:
    """A place for one weight: the layer that owns it and what the catalog says of it."""

    layer: Layer
    weight: Weight
    frozen: bool

    @property
    def name(self) -> str:
        return f"{self.layer.name}/{self.weight.name}"


def slots(layer: Layer, frozen: bool = False) -> Iterator[Slot]:
    """Every weight of `layer` and of what is inside it, in the order in which Keras lists them."""
    frozen = frozen or not layer.trainable
    row = None if layer.registered_name else find(layer.class_name)
    if row is not None:
        for weight in row.present_weights(layer.config):
            yield Slot(layer, weight, frozen)
    for child in layer.children.values():
        yield from slots(child, frozen)
    if layer.model is not None:
        for inner in layer.model.layers:
            yield from slots(inner, frozen)


def understood(layer: Layer) -> bool:
    """Whether the catalog knows the weights of everything in `layer`; what it does not know gets refused later."""
    return all(_is_known(part) for part in layer.walk())


def _is_known(layer: Layer) -> bool:
    if layer.class_name == "Operator" or layer.model is not None:
        return True
    row = None if layer.registered_name else find(layer.class_name)
    return row is not None and not row.is_opaque and not is_quantised(layer)


# ---------------------------------------------------------------------------- by name of the top-level layer


def assign_by_layer(model: LayersModel, groups: Mapping[str, Named]) -> None:
    """Weights from one list per top-level layer; a problem in any of them is reported with all others."""
    known = {layer.name for layer in model.root.layers}
    strange = [name for name, weights in groups.items() if weights and name not in known]
    problems = [f'"{name}" in the file belongs to no layer of the configuration' for name in strange]
    for layer in model.root.layers:
        if layer.class_name == "Operator" or not understood(layer):
            continue
        problem = _assign_list(layer, groups.get(layer.name, []))
        problems += [problem] if problem else []
    _raise(problems)


def _assign_list(layer: Layer, found: Named) -> str | None:
    wanted, names = list(slots(layer)), [name for name, _ in found]
    if len(wanted) != len(found):
        return _wrong_count(layer.name, wanted, len(found))
    order = _matching_order(wanted, names)
    if order is None:
        return f'"{layer.name}": stored are {listed(names, 6)}, needed {listed([slot.name for slot in wanted], 6)}'
    for slot, (_, tensor) in zip(order, found, strict=True):
        slot.layer.weights[slot.weight.name] = tensor
    _sort_weights(layer)
    return None


def _matching_order(listed: list[Slot], names: list[str]) -> list[Slot] | None:
    """The slots in the order of the stored names: an order Keras uses in which layer names agree too, else whatever
    the names say by themselves, else an order Keras uses in which at least the kinds of weights agree."""
    orders = list(_orders(listed))
    for order in orders:
        if all(_belongs(slot, name) for slot, name in zip(order, names, strict=True)):
            return order
    by_name = [[slot for slot in listed if _belongs(slot, name)] for name in names]
    if all(len(slots) == 1 for slots in by_name) and len({id(slots[0]) for slots in by_name}) == len(names):
        return [slots[0] for slots in by_name]
    for order in orders:
        if all(_fits(slot, name) for slot, name in zip(order, names, strict=True)):
            return order
    return None


def _orders(listed: list[Slot]) -> Iterator[list[Slot]]:
    """Trainable first, as Keras counts what is frozen; trainable by nature first; or plainly as they are."""
    yield _partition(listed, lambda slot: slot.weight.trainable and not slot.frozen)
    yield _partition(listed, lambda slot: slot.weight.trainable)
    yield listed


def _partition(listed: list[Slot], first: Callable[[Slot], bool]) -> list[Slot]:
    return [slot for slot in listed if first(slot)] + [slot for slot in listed if not first(slot)]


def _belongs(slot: Slot, stored_name: str) -> bool:
    """Whether a stored name tells this weight and its layer."""
    return _fits(slot, stored_name) and f"/{slot.layer.name}/" in f"/{stored_name}"


def _fits(slot: Slot, stored_name: str) -> bool:
    """Whether a stored name can be this weight's: the last part tells the kind of weight in all generations."""
    last = re.sub(r":\d+$", "", stored_name).split("/")[-1]
    kinds = [name.split("/")[-1] for name in (slot.weight.name, *slot.weight.also_named)]
    return any(re.fullmatch(rf"{re.escape(kind)}(_\d+)?", last) for kind in kinds)


def _sort_weights(layer: Layer) -> None:
    """Back to the order of the catalog, whatever the order of storage was."""
    for part in layer.walk():
        row = find(part.class_name)
        if row is not None and part.weights:
            order = [weight.name for weight in row.weights]
            part.weights = dict(sorted(part.weights.items(), key=lambda item: order.index(item[0])))


# ---------------------------------------------------------------------------- by path

# Layers that keep their variables in an object of their own.
_INSIDE = dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), "cell")

_OLD = "_layer_checkpoint_dependencies"  # Keras 2.12

# Classes that may store more variables than inference needs, behind those it needs.
_EXTRA = frozenset({"BatchNormalization"})

# Classes that store variables of the layer they wrap among their own, before them: how many.
_OF_THE_WRAPPED = {"SpectralNormalization": 1}


@dataclass
class _Stored:
    """Variables of a weights file by the path of their owner, and what has been made of them so far."""

    by_path: Mapping[str, list[Tensor]]
    names: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    owners: dict[tuple[str, str], Layer] = field(default_factory=dict)
    container: str = "layers"  # what a model calls the list of its layers

    def take(self, paths: list[str]) -> list[Tensor]:
        for path in paths:
            if path in self.by_path:
                self.used.add(path)
                return self.by_path[path]
        return []


def assign_by_path(model: LayersModel, variables: Variables) -> None:
    """Weights from lists keyed by object path ("layers/dense", "layers/lstm/cell").

    Real names of layers, where the file tells them, are a check on the counting.
    """
    stored = _Stored(variables.by_path, variables.names)
    stored.container = _OLD if any(path.startswith(_OLD) for path in stored.by_path) else "layers"
    _assign_container(model.root, stored.container, stored)
    if not stored.problems and all(understood(layer) for layer in model.root.layers):
        inside = [path for path in stored.by_path if path.startswith(f"{stored.container}/")]
        left = sorted(path for path in inside if path not in stored.used)
        stored.problems += [f'"{path}" in the file belongs to no layer of the configuration' for path in left]
    _raise(stored.problems)


def _assign_container(model: Model, path: str, stored: _Stored) -> None:
    for place, layer in places(model, path, is_old=stored.container == _OLD):
        real = stored.names.get(place, layer.name)
        if real == layer.name:
            _assign_object(layer, place, stored)
        else:
            where = f'"{place}" in the file belongs to "{real}"'
            stored.problems.append(f'{where}, the configuration has "{layer.name}" there')


def places(model: Model, path: str, *, is_old: bool = False) -> Iterator[tuple[str, Layer]]:
    """Layers of a container are stored under their class name in snake case, repeats numbered from 1.

    Keras 2.12 lists a layer with weights twice, once as such and once as a layer, and stores it where it comes first.
    """
    counts: dict[str, int] = {}
    for layer in model.layers:
        if layer.class_name == "Operator" or _not_listed(model, layer):
            continue
        kind = snake_case(_stored_class(layer))
        number = counts.get(kind, 0)
        counts[kind] = number + (2 if is_old and any(slots(layer)) else 1)
        yield (f"{path}/{kind}_{number}" if number else f"{path}/{kind}"), layer


def _not_listed(model: Model, layer: Layer) -> bool:
    """A Sequential does not count its InputLayer among its layers."""
    return model.kind == "Sequential" and layer.class_name == "InputLayer"


def _stored_class(layer: Layer) -> str:
    if layer.registered_name:
        return re.split("[>.]", layer.registered_name)[-1]
    return layer.class_name


def _assign_object(layer: Layer, path: str, stored: _Stored) -> None:
    if not understood(layer):
        stored.used.update(known for known in stored.by_path if known == path or known.startswith(f"{path}/"))
        return
    if layer.model is not None:
        _assign_container(layer.model, f"{path}/{stored.container}", stored)
        return
    row = find(layer.class_name)
    wanted = row.present_weights(layer.config) if row else []
    for place in dict.fromkeys(weight.name.rpartition("/")[0] for weight in wanted):
        here = [weight for weight in wanted if weight.name.rpartition("/")[0] == place]
        _assign_variables(layer, here, _places(layer, path, place), stored)
    for key, child in layer.children.items():
        _assign_object(child, f"{path}/{_child_path(layer, key)}", stored)


def _places(layer: Layer, path: str, place: str) -> list[str]:
    """Where the variables of an object may be: directly, in its cell, or in the sublayer that a weight name tells."""
    if place:
        return [f"{path}/{place}", f"{path}/_{place}"]
    inside = _INSIDE.get(layer.class_name)
    return [f"{path}/{inside}"] if inside else [path]


def _child_path(layer: Layer, key: str) -> str:
    """`layer`, `cell`, `forward_layer`; cells of a stack by class name in a list."""
    if not key.startswith("cell_"):
        return key
    kinds = {other: snake_case(child.class_name) for other, child in layer.children.items()}
    kind = kinds[key]
    number = list(kinds.values())[: list(kinds).index(key)].count(kind)
    return f"cells/{kind}_{number}" if number else f"cells/{kind}"


def _assign_variables(layer: Layer, wanted: list[Weight], paths: list[str], stored: _Stored) -> None:
    found = stored.take(paths)[_OF_THE_WRAPPED.get(layer.class_name, 0) :]
    twin = stored.owners.setdefault((layer.class_name, layer.name), layer)
    if not found and twin is not layer:  # an object used in two places is stored where Keras met it first
        layer.weights.update(twin.weights)
        return
    extra = len(found) - len(wanted)
    if extra < 0 or (extra and layer.class_name not in _EXTRA):
        needed = [Slot(layer, weight, False) for weight in wanted]
        stored.problems.append(_wrong_count(layer.name, needed, len(found)))
        return
    for weight, tensor in zip(wanted, found, strict=False):
        layer.weights[weight.name] = tensor


# ---------------------------------------------------------------------------- problems


def _wrong_count(name: str, wanted: list[Slot], found: int) -> str:
    needed = listed([slot.name for slot in wanted], 6)
    weights = "1 weight" if found == 1 else f"{found} weights"
    return f'"{name}": {weights} in the file, needed {len(wanted)} ({needed})'


def _raise(problems: list[str]) -> None:
    if problems:
        raise do_not_fit(problems)


def do_not_fit(problems: list[str]) -> CorruptInputError:
    """All that is wrong between a configuration and the weights beside it, as one error."""
    lines = "\n".join(f"  - {problem}" for problem in problems[:20])
    more = f"\n  ... and {len(problems) - 20} more" if len(problems) > 20 else ""
    return CorruptInputError(
        f"The weights in the file do not fit its configuration:\n{lines}{more}",
        hint="The file may be damaged, or its weights may come from another model.",
    )
