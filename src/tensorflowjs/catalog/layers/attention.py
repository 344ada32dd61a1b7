"""Attention: queries that look at keys, and take values by how well these match."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.catalog.schema import Dim, LayerClass, Shape, Weight
from tensorflowjs.ir.layers import Argument, Call, Config, Layer, Ref, refs_in

Dims = tuple[Dim, ...]

# Parameters of a call, in order. Keras 2 stores all but the first by name.
MULTI_HEAD_PARAMETERS = (
    "query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores",
    "training", "use_causal_mask",
)  # fmt: skip
LIST_PARAMETERS = ("inputs", "mask", "training", "return_attention_scores", "use_causal_mask")


def multi_head_arguments(call: Call) -> dict[str, Argument]:
    """The arguments of a call of MultiHeadAttention or GroupedQueryAttention, by name; `key` is always there."""
    given = dict(zip(MULTI_HEAD_PARAMETERS, call.args, strict=False)) | call.kwargs
    if given.get("key") is None:
        given["key"] = given.get("value")
    return given


def list_arguments(call: Call) -> dict[str, Argument]:
    """Those of Attention or AdditiveAttention, which take a list; in Keras 2 it lies open in the call."""
    listed = bool(call.args) and isinstance(call.args[0], list)
    args = call.args if listed or not call.args else [call.args]
    return dict(zip(LIST_PARAMETERS, args, strict=False)) | call.kwargs


def roles(layer: Layer, call: Call) -> list[Ref]:
    """What a call of an attention layer looks with (query), takes (value), and looks at (key)."""
    if layer.class_name in ("Attention", "AdditiveAttention"):
        query, value, *key = refs_in(list_arguments(call).get("inputs"))
        return [query, value, *(key or [value])]
    given = multi_head_arguments(call)
    return [given[name] for name in ("query", "value", "key")]


def output_dims(config: Config, features: Dim) -> Dims:
    """The last axes of what a MultiHeadAttention gives."""
    given = config.get("output_shape")
    if not given:
        return (features,)
    return (given,) if isinstance(given, int) else tuple(given)


def value_dim(config: Config) -> int:
    return int(config.get("value_dim") or config["key_dim"])


def _shapes(layer: Layer, inputs: list[Dims]) -> tuple[Call, dict[Ref, Dims]]:
    call = layer.calls[0]
    return call, dict(zip(call.inputs, inputs, strict=True))


def _multi_head(layer: Layer, inputs: list[Dims]) -> list[Shape]:
    call, shapes = _shapes(layer, inputs)
    query, _, key = (shapes[ref] for ref in roles(layer, call))
    output = (*query[:-1], *output_dims(layer.config, query[-1]))
    if not multi_head_arguments(call).get("return_attention_scores"):
        return [output]
    heads = layer.config.get("num_heads") or layer.config.get("num_query_heads")
    return [output, (query[0], heads, query[1], key[1]) if len(query) == len(key) == 3 else None]


def _of_list(layer: Layer, inputs: list[Dims]) -> list[Shape]:
    call, shapes = _shapes(layer, inputs)
    query, value, key = (shapes[ref] for ref in roles(layer, call))
    output = (*query[:-1], value[-1])
    scores = (*query[:-1], key[-2])
    return [output, scores] if list_arguments(call).get("return_attention_scores") else [output]


# ---------------------------------------------------------------------------- weights

Size = Callable[[Config], Dim]


def _concatenates(config: Config) -> bool:
    return config.get("score_mode") == "concat"


def _named(key: str) -> Size:
    return lambda config: config[key]


def _projection(name: str, heads: Size, width: Size, when: str | None = None) -> tuple[Weight, Weight]:
    """Kernel and bias of Dense layers for all heads; which input they see, and so its size, is for the call to say."""

    def exists(config: Config) -> bool:
        return when is None or bool(config.get(when))

    def has_bias(config: Config) -> bool:
        return exists(config) and bool(config.get("use_bias", True))

    return (
        Weight(f"{name}_dense/kernel", lambda config, shape: (None, heads(config), width(config)), when=exists),
        Weight(f"{name}_dense/bias", lambda config, shape: (heads(config), width(config)), when=has_bias),
    )


def _output(heads: Size, width: Size, outputs: Callable[[Config], Dims]) -> tuple[Weight, Weight]:
    def kernel(config: Config, shape: Dims) -> Dims:
        return (heads(config), width(config), *outputs(config))

    return (
        Weight("output_dense/kernel", kernel),
        Weight("output_dense/bias", lambda config, shape: outputs(config), when="use_bias"),
    )


_HEADS, _QUERY_HEADS, _OTHER_HEADS = map(_named, ("num_heads", "num_query_heads", "num_key_value_heads"))
_KEY_DIM, _HEAD_DIM = _named("key_dim"), _named("head_dim")
_COMMON = {"dropout": 0.0, "use_bias": True, "sliding_window": None, "use_gate": False}

ROWS = (
    LayerClass(
        "MultiHeadAttention",
        _multi_head,
        {**_COMMON, "value_dim": None, "output_shape": None, "attention_axes": None},
        weights=(
            *_projection("query", _HEADS, _KEY_DIM),
            *_projection("key", _HEADS, _KEY_DIM),
            *_projection("gate", _HEADS, value_dim, when="use_gate"),
            *_projection("value", _HEADS, value_dim),
            *_output(_HEADS, value_dim, lambda config: output_dims(config, None)),
        ),
    ),
    LayerClass(
        "GroupedQueryAttention",
        _multi_head,
        _COMMON,
        weights=(
            *_projection("query", _QUERY_HEADS, _HEAD_DIM),
            *_projection("key", _OTHER_HEADS, _HEAD_DIM),
            *_projection("gate", _QUERY_HEADS, _HEAD_DIM, when="use_gate"),
            *_projection("value", _OTHER_HEADS, _HEAD_DIM),
            *_output(_QUERY_HEADS, _HEAD_DIM, lambda config: (None,)),
        ),
        aliases=("GroupQueryAttention",),
    ),
    LayerClass(
        "Attention",
        _of_list,
        {"use_scale": False, "score_mode": "dot", "dropout": 0.0},
        weights=(
            Weight("scale", lambda config, shape: (), when="use_scale"),
            Weight("concat_score_weight", lambda config, shape: (), when=_concatenates),
        ),
    ),
    LayerClass(
        "AdditiveAttention",
        _of_list,
        {"use_scale": True, "dropout": 0.0},
        weights=(Weight("scale", lambda config, shape: (shape[-1],), when="use_scale"),),
    ),
)
