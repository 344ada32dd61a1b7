"""Variables of a weights file of Keras 3 (and tf_keras since 2.12), by the path of the object that owns them.

`layers/dense/vars/0`, `layers/dense/vars/1`, ... belong to the object `layers/dense`. Keras 3.6 and newer also say
what the object is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tensorflowjs.formats.hdf5 import Group
from tensorflowjs.tensors import Tensor

_NOT_WEIGHTS = ("optimizer", "metrics")
_RANDOM = ("seed_generator", "random_generator", "generator")


@dataclass(frozen=True)
class Variables:
    by_path: dict[str, list[Tensor]]
    names: dict[str, str]  # real names of the owners and of what they are in, where the file tells


def variables(roots: Iterable[Group]) -> Variables:
    """What is stored in these files together, without what belongs to optimizers, metrics and random generators."""
    numbered: dict[str, dict[int, Tensor]] = {}
    names: dict[str, str] = {}
    for root in roots:
        for owner, index, tensor in _numbered(root):
            numbered.setdefault(owner, {})[index] = tensor
        for place in dict.fromkeys(place for owner in numbered for place in _places(owner)):
            names.update(_real_name(root, place) if place not in names else {})
    by_path = {owner: [found[index] for index in sorted(found)] for owner, found in numbered.items()}
    return Variables(by_path, names)


def _numbered(root: Group) -> Iterator[tuple[str, int, Tensor]]:
    for path, tensor in root.tensors():
        owner, _, kind = path.rpartition("/")[0].rpartition("/")
        number = path.rpartition("/")[2]
        if kind == "vars" and number.isdecimal() and not _is_no_weight(owner.split("/"), tensor):
            yield owner, int(number), tensor


def _is_no_weight(owner: list[str], tensor: Tensor) -> bool:
    return owner[0] in _NOT_WEIGHTS or (owner[-1] in _RANDOM and tensor.dtype == "uint32")


def _places(owner: str) -> Iterator[str]:
    """An object and everything it is in."""
    while owner:
        yield owner
        owner = owner.rpartition("/")[0]


def _real_name(root: Group, place: str) -> dict[str, str]:
    group = root.get(f"{place}/vars")
    name = group.text("name") if isinstance(group, Group) else None
    return {place: name} if name else {}
