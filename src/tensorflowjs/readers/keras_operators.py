"""Operators in functional models: `x + y`, `keras.ops.*`, `tf.*` calls, as layers of class "Operator".

Keras 3 writes an operation as an entry without the arguments that every layer has; its `module` is that of
`keras.ops` (HDF5 files leave the module out). tf_keras writes a TFOpLambda or SlicingOpLambda that names the
TensorFlow function. Both become `config = {"op": snake-case name of Keras 3, ...}`; constructor arguments of
the operation stay in config, those of the call in the call.
"""

from __future__ import annotations

import re
from typing import Any

from tensorflowjs.catalog.layers import find
from tensorflowjs.ir.layers import Argument, Config, Layer
from tensorflowjs.readers.keras_values import plain

TF_OPERATORS = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod"})

# TensorFlow's names of functions, as Keras 3 calls the same operator.
FROM_TENSORFLOW = {
    "__operators__.add": "add", "math.add": "add",
    "math.subtract": "subtract", "__operators__.subtract": "subtract",
    "math.multiply": "multiply", "__operators__.multiply": "multiply",
    "math.divide": "divide", "math.truediv": "divide", "__operators__.truediv": "divide", "realdiv": "divide",
    "math.floordiv": "floor_divide", "math.floormod": "mod", "math.mod": "mod",
    "math.pow": "power", "__operators__.pow": "power",
    "math.negative": "negative", "__operators__.neg": "negative", "math.abs": "absolute",
    **{
        f"math.{name}": name
        for name in (
            "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
            "logical_not",
        )
    },
    "math.maximum": "maximum", "math.minimum": "minimum",
    "math.exp": "exp", "math.log": "log", "math.sqrt": "sqrt", "math.rsqrt": "rsqrt", "math.square": "square",
    "math.reduce_mean": "mean", "math.reduce_sum": "sum", "math.reduce_max": "max", "math.reduce_min": "min",
    "math.reduce_prod": "prod", "linalg.matmul": "matmul", "__operators__.matmul": "matmul",
    "math.sigmoid": "sigmoid", "math.tanh": "tanh", "math.softplus": "softplus",
    "nn.relu": "relu", "nn.relu6": "relu6", "nn.elu": "elu", "nn.selu": "selu", "nn.softmax": "softmax",
    "nn.silu": "silu", "nn.swish": "silu", "nn.gelu": "gelu", "nn.leaky_relu": "leaky_relu",
    "nn.log_softmax": "log_softmax", "nn.softsign": "softsign", "nn.l2_normalize": "normalize",
    "math.l2_normalize": "normalize",
    "math.reduce_any": "any", "math.reduce_all": "all", "math.reduce_std": "std", "math.reduce_variance": "var",
    "math.reduce_logsumexp": "logsumexp", "math.argmax": "argmax", "math.argmin": "argmin",
    "math.cumsum": "cumsum", "math.cumprod": "cumprod", "math.squared_difference": "squared_difference",
    "math.divide_no_nan": "divide_no_nan", "math.floor": "floor", "math.ceil": "ceil", "math.round": "round",
    "math.sign": "sign", "math.sin": "sin", "math.cos": "cos", "math.log1p": "log1p", "math.expm1": "expm1",
    "math.erf": "erf", "math.reciprocal": "reciprocal", "math.atan2": "arctan2", "math.is_nan": "isnan",
    "math.is_inf": "isinf", "math.is_finite": "isfinite", "where": "where", "gather": "take", "repeat": "repeat",
    "roll": "roll", "reverse": "reverse", "pad": "pad", "one_hot": "one_hot", "unstack": "unstack",
    "broadcast_to": "broadcast_to", "zeros_like": "zeros_like", "ones_like": "ones_like", "math.top_k": "top_k",
    "math.logical_xor": "logical_xor", "convert_to_tensor": "convert_to_tensor",
    "concat": "concatenate", "reshape": "reshape", "transpose": "transpose", "squeeze": "squeeze",
    "expand_dims": "expand_dims", "stack": "stack", "split": "split", "tile": "tile", "cast": "cast",
    "clip_by_value": "clip", "__operators__.getitem": "get_item", "slice": "get_item", "identity": "identity",
    "stop_gradient": "stop_gradient",
}  # fmt: skip

# What the first arguments of TensorFlow's functions are called, for tensors that a call gives by name.
_FIRST_NAMES = ("x", "a", "input", "inputs", "values", "features", "logits", "input_tensor", "tensor")


# Layers of Keras 3 whose configuration is as bare as an operator's.
_BARE_LAYERS = frozenset({
    "InputLayer", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Discretization", "HashedCrossing",
    "Pipeline",
})  # fmt: skip


def is_operator(entry: Config) -> bool:
    """Whether a layer entry of a functional model is an operator, not a layer of perhaps the same name."""
    if entry["class_name"] in TF_OPERATORS:
        return True
    module = entry.get("module")
    if isinstance(module, str):
        return module.startswith(("keras.src.ops", "keras.ops"))
    config = entry.get("config")
    if entry["class_name"] in _BARE_LAYERS or "inbound_nodes" not in entry or not isinstance(config, dict):
        return False
    nodes = entry["inbound_nodes"]
    from_keras_3 = bool(nodes) and isinstance(nodes[0], dict)
    # Layers write both, but SpatialDropout only its dtype; operators neither, but Cast a dtype.
    known_layer = find(entry["class_name"]) is not None
    return from_keras_3 and "trainable" not in config and not ("dtype" in config and known_layer)


def read_config(entry: Config) -> Config:
    raw = entry.get("config") or {}
    own: Config = {key: plain(value) for key, value in raw.items() if key != "name"}
    if entry["class_name"] not in TF_OPERATORS:
        return {"op": snake_case(entry["class_name"]), **own}
    own.pop("dtype", None)
    own.pop("trainable", None)
    function = str(own.pop("function", None) or own.pop("node_def", None) or entry["class_name"])
    function = function.removeprefix("compat.v1.")
    return {"op": FROM_TENSORFLOW.get(function, function), "tensorflow": function, **own}


def snake_case(class_name: str) -> str:
    """`GetItem` -> `get_item`; digits stay with what they follow (`Relu6` -> `relu6`)."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name).lower()


def keras_2_arguments(
    layer: Layer, references: list[Argument], kwargs: dict[str, Any]
) -> tuple[list[Argument], dict[str, Any]]:
    """Arguments of a TFOpLambda call: the references are its first argument, a list if the function takes one."""
    rest = {key: value for key, value in kwargs.items() if key != "name"}
    if layer.config["op"] in ("concatenate", "stack"):
        return [references], rest
    return references, rest
