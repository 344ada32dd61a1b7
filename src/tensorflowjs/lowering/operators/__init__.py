"""Operators between layers: Python's (`x + y`, `x[...]`), `keras.ops.*` and functions of TensorFlow, one function each.

They take the site and the arguments by the names that they have in Keras 3 (see `catalog.operators`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tensorflowjs.catalog.operators import arguments
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
    given = {key: item for key, item in _given(site).items() if not (key in IGNORED and not item)}
    known = set(inspect.signature(function).parameters)
    strange = sorted(set(given) - known)
    if strange and "options" not in known:
        unusual = [key for key in strange if given[key] is not None]
        if unusual:
            site.refuse(f"the operator {shown} with the argument {unusual[0]}={given[unusual[0]]!r}"[:200], HINT)
        given = {key: item for key, item in given.items() if key in known}
    return function(site, **given)


def _given(site: Site) -> dict[str, Any]:
    found = arguments(site.config, site.args, site.kwargs)
    return {key: item for key, item in found.items() if key != "name"}


LAYERS: dict[str, Write] = {"Operator": operator}
