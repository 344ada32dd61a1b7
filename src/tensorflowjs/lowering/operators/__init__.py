"""Operators between layers: Python's (`x + y`, `x[...]`), `keras.ops.*` and functions of TensorFlow, one function each.

They take the site and the arguments by the names that they have in Keras 3 (see `catalog.operators`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tensorflowjs.catalog.operators import PARAMETERS, arguments
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.operators import arithmetic, networks, places, reductions

OPERATORS: dict[str, Callable[..., Outputs]] = {
    **arithmetic.OPERATORS,
    **places.OPERATORS,
    **reductions.OPERATORS,
    **networks.OPERATORS,
}
IGNORED = frozenset({"name", "synchronized", "initial", "sparse"})
HINT = "compute it before the model or behind it, or export the model with model.export(...) and convert that folder"


def operator(site: Site) -> Outputs:
    name = str(site.config["op"])
    shown = site.config.get("tensorflow") or name
    function = OPERATORS.get(name)
    if function is None:
        site.refuse(f"the operator {shown}, which this converter cannot write as a graph", HINT)
    names = list(inspect.signature(function).parameters)[1:]
    given = {key: item for key, item in _given(site, name, names).items() if not (key in IGNORED and not item)}
    known = set(names)
    strange = sorted(set(given) - known)
    if strange and "options" not in known:
        unusual = [key for key in strange if given[key] is not None]
        if unusual:
            site.refuse(f"the operator {shown} with the argument {unusual[0]}={given[unusual[0]]!r}"[:200], HINT)
        given = {key: item for key, item in given.items() if key in known}
    return function(site, **given)


def _given(site: Site, name: str, names: list[str]) -> dict[str, Any]:
    """Arguments by name. Those by position have the names in the catalog, or else those of the function here."""
    args, kwargs = site.args, site.kwargs
    if names == ["operands", "subscripts"]:
        return {"operands": args, **{key: item for key, item in {**site.config, **kwargs}.items() if key in names}}
    if name not in PARAMETERS:
        free = [each for each in names if each not in site.config and each not in kwargs]
        kwargs, args = {**dict(zip(free, args, strict=False)), **kwargs}, args[len(free) :]
    parameters = PARAMETERS.get(name, ())
    if len(args) > len(parameters):
        site.refuse(f"the operator {name} with {len(site.args)} arguments by position", HINT)
    found = arguments(site.config, args, kwargs)
    return {key: item for key, item in found.items() if key != "name"}


LAYERS: dict[str, Write] = {"Operator": operator}
