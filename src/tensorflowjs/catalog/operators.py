"""The arguments of operators, under the names they have in Keras 3.

Operators of Keras 3 take some arguments when they are made (`config`) and others when called; TensorFlow's functions
have names of their own for the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflowjs.ir.layers import Argument, Config

# Parameters in order, each with the other names it goes by.
PARAMETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or"),
        ("x1 x a", "x2 y b"),
    ),
    **dict.fromkeys(
        (
            "add",
            "subtract",
            "multiply",
            "divide",
            "true_divide",
            "maximum",
            "minimum",
            "power",
            "matmul",
            "floor_divide",
            "mod",
            "remainder",
            "fmax",
            "fmin",
            "arctan2",
            "hypot",
            "logaddexp",
            "logical_xor",
            "squared_difference",
            "divide_no_nan",
            "dot",
        ),
        ("x1 x a", "x2 y b"),
    ),
    **dict.fromkeys(
        ("mean", "sum", "max", "min", "amax", "amin", "var", "std", "prod", "any", "all", "logsumexp"),
        ("x input_tensor a", "axis", "keepdims"),
    ),
    **dict.fromkeys(("argmax", "argmin"), ("x input", "axis", "keepdims")),
    **dict.fromkeys(("cumsum", "cumprod"), ("x", "axis")),
    **dict.fromkeys(("count_nonzero", "sort", "argsort", "flip", "reverse", "average", "norm"), ("x a", "axis")),
    **dict.fromkeys(("concatenate", "stack", "hstack"), ("xs values x arrays", "axis")),
    "unstack": ("x value", "num", "axis"),
    "where": ("condition", "x1 x", "x2 y"),
    "repeat": ("x input", "repeats", "axis"),
    "roll": ("x input", "shift", "axis"),
    "take": ("x params", "indices", "axis"),
    "broadcast_to": ("x input", "shape"),
    "one_hot": ("x indices", "num_classes depth"),
    "top_k": ("x input", "k"),
    "diff": ("a", "n", "axis"),
    "full_like": ("x", "fill_value"),
    "resize": ("images", "size"),
    "threshold": ("x", "threshold", "default_value"),
    "batch_normalization": ("x", "mean", "variance", "offset", "scale", "variance_epsilon epsilon"),
    "batch_norm": ("x", "mean", "variance", "axis", "offset", "scale", "epsilon"),
    "normalize": ("x", "axis"),
    "convert_to_tensor": ("x value", "dtype"),
    "round": ("x", "decimals"),
    **dict.fromkeys(("softmax", "log_softmax"), ("x logits", "axis")),
    "clip": ("x t value", "x_min clip_value_min", "x_max clip_value_max"),
    "reshape": ("x tensor", "newshape shape"),
    "transpose": ("x a", "axes perm"),
    "swapaxes": ("x", "axis1", "axis2"),
    "moveaxis": ("x", "source", "destination"),
    "squeeze": ("x input", "axis"),
    "expand_dims": ("x input", "axis"),
    "tile": ("x input", "repeats multiples"),
    "split": ("x value", "indices_or_sections num_or_size_splits", "axis"),
    "get_item": ("x input", "key slice_spec"),
    "slice": ("x input_", "begin start_indices", "size shape"),
    "cast": ("x", "dtype"),
    "pad": ("x tensor", "pad_width paddings", "mode", "constant_values"),
    "elu": ("x features", "alpha"),
    "celu": ("x", "alpha"),
    "leaky_relu": ("x features", "negative_slope alpha"),
    "gelu": ("x features", "approximate"),
    "hard_shrink": ("x", "threshold"),
    "soft_shrink": ("x", "threshold"),
    **dict.fromkeys(("max_pool", "average_pool"), ("inputs", "pool_size", "strides", "padding", "data_format")),
}
ONE_TENSOR = ("x features logits input tensor t a",)


def arguments(config: Config, args: Sequence[Argument], kwargs: Config) -> dict[str, Any]:
    """Every argument of an operator's call by its parameter's first name."""
    parameters = [names.split() for names in PARAMETERS.get(config["op"], ONE_TENSOR)]
    found = {key: value for key, value in config.items() if key not in ("op", "tensorflow")} | kwargs
    for names in parameters:
        given = [found.pop(name) for name in names if name in found]
        if given:
            found[names[0]] = given[0]
    free = [names[0] for names in parameters if names[0] not in found]
    return found | dict(zip(free, args, strict=False))
