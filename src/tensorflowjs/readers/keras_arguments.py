"""Arguments of layers that can only be of one kind: whatever else a file holds there came in by damage.

TF.js finds out when it loads the model, or never.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tensorflowjs.catalog.layers import find
from tensorflowjs.ir.layers import Config

Check = Callable[[Any, int], bool]  # of the value, and how many axes the class works along


def check_arguments(class_name: str, config: Config) -> None:
    """ValueError about the first argument that is missing or impossible."""
    row = find(class_name)
    for name in row.tfjs or () if row else ():
        if name in _NEEDED and config.get(name) is None:
            forgotten = " (Keras before 2.1 leaves out what is in stacked cells)" if class_name.endswith("Cell") else ""
            raise ValueError(f'there is no "{name}"{forgotten}')
    axes = _axes(class_name)
    for name, value in config.items():
        check = _CHECKS.get(name) or _BY_ENDING.get(name.rpartition("_")[2])
        if check is not None and value is not None and not check(value, axes):
            raise ValueError(f"{name} is {_short(value)}")


def _axes(class_name: str) -> int:
    """`Conv2D` and `UpSampling2D` work along two."""
    found = re.search(r"(\d)D", class_name)
    return int(found[1]) if found else 0


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:80]}..."


def _is_size(value: Any, axes: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _is_size_per_axis(value: Any, axes: int) -> bool:
    """A number, or one for each axis, as far as the class says how many that is."""
    if not isinstance(value, list):
        return _is_size(value)
    return all(_is_size(size) for size in value) and axes in (0, len(value))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_flag(value: Any, axes: int) -> bool:
    return value in (True, False)


def _is_object(value: Any, axes: int) -> bool:
    """A name, or {class_name, config}; Keras 2 writes activations of its own classes so too."""
    if isinstance(value, dict):
        return isinstance(value.get("class_name"), str) and isinstance(value.get("config", {}), dict | str | type(None))
    return isinstance(value, str)


_NEEDED = ("units", "filters", "kernel_size", "input_dim", "output_dim", "n", "dims", "target_shape")
_CHECKS: dict[str, Check] = {
    **dict.fromkeys(("units", "filters", "input_dim", "output_dim", "n", "depth_multiplier", "groups"), _is_size),
    **dict.fromkeys(("kernel_size", "strides", "dilation_rate", "pool_size", "size"), _is_size_per_axis),
    **dict.fromkeys(("use_bias", "mask_zero"), _is_flag),
    **dict.fromkeys(("return_sequences", "return_state", "go_backwards", "stateful"), _is_flag),
    "input_length": lambda value, axes: all(size is None or _is_size(size) for size in _as_list(value)),
    "merge_mode": lambda value, axes: value in ("sum", "mul", "concat", "ave"),
}
_BY_ENDING: dict[str, Check] = dict.fromkeys(("initializer", "regularizer", "constraint", "activation"), _is_object)


def check_input_shape(shape: Any) -> None:
    """ValueError about the shape of an InputLayer, batch first."""
    if not isinstance(shape, list) or not shape or not all(size is None or _is_size(size) for size in shape):
        raise ValueError(f"its shape is {_short(shape)}")
