"""Dtype policies of Keras that TF.js has no arithmetic for."""

from __future__ import annotations

from tensorflowjs.ir.layers import Layer

QUANTISED = ("int8", "int4", "float8", "gptq", "awq")
_WITHOUT_POLICY = ("InputLayer", "Operator")  # what they call dtype is that of their values


def policy_of(layer: Layer) -> str | None:
    """The name of the policy that a layer computes by; None for what has none."""
    return None if layer.class_name in _WITHOUT_POLICY else str(layer.config.get("dtype") or "float32")


def is_quantised(layer: Layer) -> bool:
    """Whether Keras has replaced the layer's weights by quantised ones, with others beside them."""
    return (policy_of(layer) or "").startswith(QUANTISED)
