"""The configuration of a fitted layer, reduced to what TF.js reads and in the words it understands.

TF.js builds every initializer and regularizer that a layer names, so an unknown one stops the whole model from
loading, though neither is ever used at inference. It applies constraints to the weights it loads, which changes
them (even weights that satisfy a MaxNorm come out scaled by about 1 - 1e-7): those are always left out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorflowjs import events
from tensorflowjs.catalog.initializers import (
    DISTRIBUTIONS,
    IMPLIED,
    INITIALIZERS,
    REGULARIZERS,
    plain_name,
    tfjs_initializer,
)
from tensorflowjs.catalog.layers import find
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.layers import Config


def tfjs_config(class_name: str, config: Config, where: str | None = None) -> Config:
    """The arguments of `config` that TF.js's class of this name reads, as it reads them."""
    row = find(class_name)
    if row is None or row.tfjs is None:
        raise AssertionError(f"TF.js has no layer class {class_name}: a rule let it through")
    place = f"{where} ({class_name})" if where else class_name
    named = {key: _argument(key, config[key], place) for key in row.tfjs if key in config}
    for key, value in config.items():
        if key.endswith("_constraint") and value is not None:
            events.note(f"{key} is left out: TF.js would apply it to the loaded weights and change them", place)
    return {key: value for key, value in named.items() if value is not None or not key.endswith("_initializer")}


def _argument(key: str, value: Any, where: str) -> Any:
    if key.endswith("_initializer"):
        return initializer(value)
    if key.endswith("_regularizer"):
        return regularizer(value, key, where)
    if key.endswith("_constraint"):
        return None
    if key == "seed":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    return _finite(key, number(value), where)


def number(value: Any) -> Any:
    """Numbers that an older Keras or numpy has wrapped, and lists of them, as plain JSON values."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, dict) and value.get("type") == "ndarray":
        return number(value.get("value"))
    if isinstance(value, list | tuple):
        return [number(item) for item in value]
    return value


def _finite(key: str, value: Any, where: str) -> Any:
    """`value`, which must not hold what JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        problem = Problem(where, f"{key} is {value}, which TF.js cannot read from a file")
        raise UnsupportedError("TF.js layers cannot express this model:", [problem])
    for item in value if isinstance(value, list) else ():
        _finite(key, item, where)
    return value


def initializer(value: Any) -> Config | None:
    """An initializer of any generation as TF.js's; zeros stand in for those it does not have."""
    if value is None:
        return None
    given: Config = {}
    name = value
    if isinstance(value, dict):
        name, given = value.get("class_name"), value.get("config") or {}
    known = tfjs_initializer(name) if isinstance(name, str) else None
    if known is None:
        return {"class_name": "Zeros", "config": {}}
    given = {**given, **IMPLIED.get(plain_name(str(name)), {})}
    config = {key: _initializer_argument(key, given.get(key), default) for key, default in INITIALIZERS[known].items()}
    return {"class_name": known, "config": config}


def _initializer_argument(key: str, value: Any, default: Any) -> Any:
    if key == "distribution":
        return DISTRIBUTIONS.get(str(value), default)
    if isinstance(default, str):
        return value if value in ("fan_in", "fan_out", "fan_avg") else default
    plain = number(value)
    good = isinstance(plain, int | float) and not isinstance(plain, bool) and math.isfinite(plain)
    return plain if good else default


def regularizer(value: Any, key: str = "regularizer", where: str | None = None) -> Config | None:
    """A regularizer as TF.js's only one, L1L2; others are left out with a note, as only training would use them."""
    if value is None:
        return None
    given: Config = {}
    name = value
    if isinstance(value, dict):
        name, given = value.get("class_name"), value.get("config") or {}
    defaults = REGULARIZERS.get(plain_name(name)) if isinstance(name, str) else None
    if defaults is None:
        events.note(f"{key} {name} is left out: TF.js has only L1 and L2, and only training uses it", where)
        return None
    factors = {kind: number(given.get(kind)) for kind in defaults}
    config = {kind: default if factors[kind] is None else factors[kind] for kind, default in defaults.items()}
    return {"class_name": "L1L2", "config": config}
