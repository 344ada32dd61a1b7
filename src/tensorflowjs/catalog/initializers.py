"""Initializers, regularizers and constraints: what TF.js calls Keras' classes, and the arguments it takes.

None of them changes an inference. TF.js still builds every initializer and regularizer that a layer names, and
gives up on the whole model if it does not know one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# TF.js's classes and their arguments, with the values TF.js is given where a file has none that it could use.
INITIALIZERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "Zeros": {},
        "Ones": {},
        "Constant": {"value": 0.0},
        "RandomUniform": {"minval": -0.05, "maxval": 0.05, "seed": None},
        "RandomNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
        "TruncatedNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
        "VarianceScaling": {"scale": 1.0, "mode": "fan_in", "distribution": "normal", "seed": None},
        "GlorotUniform": {"seed": None},
        "GlorotNormal": {"seed": None},
        "HeNormal": {"seed": None},
        "HeUniform": {"seed": None},
        "Orthogonal": {"gain": 1.0, "seed": None},
        "Identity": {"gain": 1.0},
    }
)

# Keras' names that are not simply TF.js's in other letters.
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "zero": "Zeros",
        "one": "Ones",
        "uniform": "RandomUniform",
        "normal": "RandomNormal",
        "orthogonalinitializer": "Orthogonal",
        "identityinitializer": "Identity",
        "lecunnormal": "VarianceScaling",
        "lecununiform": "VarianceScaling",
    }
)

# Arguments that are in a name. TF.js up to 4.0 mixes up its own LeCunNormal and LeCunUniform.
IMPLIED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "lecunnormal": {"scale": 1.0, "mode": "fan_in", "distribution": "normal"},
        "lecununiform": {"scale": 1.0, "mode": "fan_in", "distribution": "uniform"},
    }
)

# TF.js knows two distributions, and its "normal" is the truncated one.
DISTRIBUTIONS: Mapping[str, str] = MappingProxyType(
    {"truncated_normal": "normal", "untruncated_normal": "normal", "normal": "normal", "uniform": "uniform"}
)

# Keras' regularizers that a sum of L1 and L2 expresses: which factor takes which default.
REGULARIZERS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "l1": {"l1": 0.01, "l2": 0.0},
        "l2": {"l1": 0.0, "l2": 0.01},
        "l1l2": {"l1": 0.0, "l2": 0.0},
    }
)
_BY_PLAIN_NAME = {name.lower(): name for name in INITIALIZERS}


def plain_name(name: str) -> str:
    """One spelling of `glorot_uniform`, `GlorotUniform`, `GlorotUniformV2`."""
    return name.removesuffix("V2").replace("_", "").lower()


def tfjs_initializer(name: str) -> str | None:
    """TF.js's class for an initializer that Keras calls `name`, as a class or as a function."""
    plain = plain_name(name)
    return RENAMED.get(plain) or _BY_PLAIN_NAME.get(plain)
