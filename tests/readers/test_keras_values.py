"""Every object that a configuration holds becomes the plain value it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from tensorflowjs.readers.keras_values import plain


def instance(class_name: str, config: Any, **others: Any) -> dict[str, Any]:
    """An object as Keras 3 writes it."""
    return {"module": "keras", "class_name": class_name, "config": config, "registered_name": None, **others}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (None, None),
        ("relu", "relu"),
        ((1, 2), [1, 2]),
        ([1, {"a": (2, 3)}], [1, {"a": [2, 3]}]),
        (instance("__tuple__", {"value": [None, 5]}), [None, 5]),
        (instance("__tuple__", [1, 2]), [1, 2]),
        (instance("__numpy__", {"value": [1.5, 2.5], "dtype": "float32"}), [1.5, 2.5]),
        (instance("__tensor__", {"value": [[1], [2]], "dtype": "int32"}), [[1], [2]]),
        (instance("__slice__", {"start": 1, "stop": None, "step": 2}), slice(1, None, 2)),
        (instance("__slice__", {"start": instance("__numpy__", {"value": 1}), "stop": 3, "step": None}), slice(1, 3)),
        (instance("__ellipsis__", {}), ...),
        (instance("TensorShape", [None, 3]), [None, 3]),
        (instance("Dimension", {"value": 3}), 3),
        (instance("__seed_generator__", {"seed": 3}), None),
        (instance("SeedGenerator", {"seed": 3, "name": "s"}), None),
        ({"type": "ndarray", "value": 6}, 6),
        ({"type": "ndarray", "value": [1, 2]}, [1, 2]),
        ({"type": "l2"}, {"type": "l2"}),
    ],
    ids=str,
)
def test_values(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        (instance("DTypePolicy", {"name": "float32"}), "float32"),
        (instance("DTypePolicy", {"name": "mixed_float16"}), "mixed_float16"),
        (instance("Policy", {"name": "bfloat16"}), "bfloat16"),
        (instance("FloatDTypePolicy", {"name": "float64"}), "float64"),
        (instance("PolicyV1", {"name": "float16", "loss_scale": None}), "float16"),
        (instance("QuantizedDTypePolicy", {"mode": "int8", "source_name": "float32"}), "int8_from_float32"),
        (instance("QuantizedDTypePolicy", {"mode": "int8", "source_name": "int8_from_x"}), "int8_from_x"),
        (instance("DTypePolicyMap", {"default_policy": "bfloat16", "policy_map": {}}), "bfloat16"),
        (
            instance("DTypePolicyMap", {"default_policy": instance("DTypePolicy", {"name": "float16"})}),
            "float16",
        ),
        (instance("DTypePolicy", None), "float32"),
    ],
    ids=str,
)
def test_dtype_policies_become_names(policy: Any, name: str) -> None:
    assert plain(policy) == name


def test_functions_become_names() -> None:
    assert plain(instance("function", "relu")) == "relu"
    assert plain(instance("function", "relu", registered_name="function")) == "function>relu", "from outside Keras"
    own = {"module": None, "class_name": "function", "config": "swoosh", "registered_name": "Demo>swoosh"}
    assert plain(own) == "Demo>swoosh"


def test_instances_keep_class_and_configuration() -> None:
    given = instance("GlorotUniform", {"seed": instance("__seed_generator__", {"seed": 1})}, shared_object_id=7)
    assert plain(given) == {"class_name": "GlorotUniform", "config": {"seed": None}}
    own = {"module": None, "class_name": "Init", "config": {"a": (1,)}, "registered_name": "Demo>Init"}
    assert plain(own) == {"class_name": "Demo>Init", "config": {"a": [1]}}


def test_lambdas_are_not_touched() -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    assert plain(code) == code
