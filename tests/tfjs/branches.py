"""Many layers in one model: each case a branch of its own from a shared input, so that one conversion tries them all.

A case is the class of a layer and its arguments; the branch is named after both, which is what a failure shows.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

Case = tuple[str, dict[str, Any]]


def case(class_name: str, **arguments: Any) -> Case:
    return class_name, arguments


def branches(library: str, shape: Sequence[int | None], cases: Sequence[Case]) -> Any:
    """A model of `library` ("keras" or "tf_keras") with one output for each case."""
    keras = importlib.import_module(library)
    value = keras.Input(tuple(shape))
    outputs = [
        getattr(keras.layers, class_name)(**arguments, name=_name(number, class_name, arguments))(value)
        for number, (class_name, arguments) in enumerate(cases)
    ]
    return keras.Model(value, outputs)


def _name(number: int, class_name: str, arguments: dict[str, Any]) -> str:
    told = "_".join(f"{key}-{value}" for key, value in arguments.items())
    return re.sub(r"[^A-Za-z0-9_.-]+", "", f"{class_name}{number}_{told}".replace(", ", "."))
