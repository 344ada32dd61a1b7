"""Values in a Keras configuration, as plain data.

Keras 3 writes everything that is not JSON as an object with a `class_name`: tuples, slices, arrays, functions,
dtype policies, and instances of its classes. `plain` gives the value that such an object stands for; instances
of classes keep the form {class_name, config}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_POLICIES = frozenset({"DTypePolicy", "Policy", "FloatDTypePolicy", "DTypePolicyV1", "PolicyV1"})


def plain(value: Any) -> Any:
    """`value` with every serialised object replaced by what it stands for."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    class_name = value.get("class_name")
    if not isinstance(class_name, str):
        numbers_of_numpy = value.get("type") == "ndarray" and "value" in value
        return plain(value["value"]) if numbers_of_numpy else {key: plain(item) for key, item in value.items()}
    if class_name in _STANDING_FOR:
        return _STANDING_FOR[class_name](value.get("config"))
    return _instance(value, class_name)


def _instance(value: dict[str, Any], class_name: str) -> Any:
    config = value.get("config")
    if class_name in _POLICIES or class_name.endswith("DTypePolicy"):
        return _policy(class_name, config)
    registered, module = value.get("registered_name"), value.get("module")
    custom = isinstance(registered, str) and ">" in registered and not module
    if class_name == "function" and isinstance(config, str):
        foreign = registered == "function"  # Keras writes its own by their bare names
        return registered if custom else f"function>{config}" if foreign else config
    if class_name == "DTypePolicyMap":
        return _policy(class_name, {"name": (config or {}).get("default_policy")})
    of_a_layer = {key: plain(value[key]) for key in ("name", "inbound_nodes") if key in value}  # in a model in here
    return {"class_name": registered if custom else class_name, "config": plain(config), **of_a_layer}


def _policy(class_name: str, config: Any) -> Any:
    """A dtype policy by its name; quantised ones keep their mode visible in it."""
    if not isinstance(config, dict):
        return "float32"
    mode = config.get("mode")
    if isinstance(mode, str):
        source = config.get("source_name") or config.get("name") or "float32"
        return source if source.startswith(mode) else f"{mode}_from_{source}"
    return plain(config.get("name")) or "float32"


def _slice(config: Any) -> slice:
    return slice(*(plain(config.get(key)) for key in ("start", "stop", "step")))


def _value(config: Any) -> Any:
    return plain(config.get("value")) if isinstance(config, dict) else plain(config)


_STANDING_FOR: dict[str, Callable[[Any], Any]] = {
    "__tuple__": lambda config: _as_list(_value(config)),
    "__numpy__": _value,
    "__tensor__": _value,
    "__slice__": _slice,
    "__ellipsis__": lambda config: Ellipsis,
    "TensorShape": lambda config: plain(config),
    "__seed_generator__": lambda config: None,
    "SeedGenerator": lambda config: None,
    "Dimension": _value,
}


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
