"""Dense, Embedding and other layers that look at one value, or one vector of values, at a time."""

from __future__ import annotations

from tensorflowjs.catalog.einsum import parse
from tensorflowjs.catalog.schema import Dim, LayerClass, Shape, Weight, same
from tensorflowjs.ir.layers import Config, Layer

Shapes = list[tuple[Dim, ...]]

DENSE_ARGUMENTS = (
    "units", "activation", "use_bias", "kernel_initializer", "bias_initializer",
    "kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint",
)  # fmt: skip
EMBEDDING_ARGUMENTS = (
    "input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer", "embeddings_constraint",
    "mask_zero", "input_length",
)  # fmt: skip


def _input(layer: Layer, inputs: Shapes) -> list[Shape]:
    shape = layer.config["batch_shape"]
    return [None if shape is None else tuple(shape)]


def _dense(layer: Layer, inputs: Shapes) -> Shapes:
    return [(*inputs[0][:-1], layer.config["units"])]


def _embedding(layer: Layer, inputs: Shapes) -> Shapes:
    """Dims of the input, filled up from `input_length` where they are unknown."""
    length = layer.config.get("input_length")
    given = length if isinstance(length, list) else [length]
    batch, *rest = inputs[0]
    if len(given) == len(rest):
        rest = [known if size is None else size for size, known in zip(rest, given, strict=True)]
    return [(batch, *rest, layer.config["output_dim"])]


def _reversible_embedding(layer: Layer, inputs: Shapes) -> Shapes:
    call = layer.calls[0] if layer.calls else None
    if call is not None and call.kwargs.get("reverse"):
        return [(*inputs[0][:-1], layer.config["input_dim"])]
    return _embedding(layer, inputs)


def _einsum(layer: Layer, inputs: Shapes) -> list[Shape]:
    einsum = parse(layer.config, inputs[0])
    return [einsum.shape(einsum.output) if einsum else None]


def _einsum_kernel(config: Config, shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
    einsum = parse(config, shape)
    return einsum.shape(einsum.kernel) if einsum else ()


def _einsum_bias(config: Config, shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
    einsum = parse(config, shape)
    return einsum.shape(einsum.bias) if einsum else ()


def _unknown(layer: Layer, inputs: Shapes) -> list[Shape]:
    return [None]


_EMBEDDINGS = Weight("embeddings", lambda config, shape: (config["input_dim"], config["output_dim"]))

ROWS = (
    LayerClass("InputLayer", _input, {"batch_shape": None, "dtype": "float32", "sparse": False}, tfjs=()),
    LayerClass(
        "Dense",
        _dense,
        {"activation": "linear", "use_bias": True},
        weights=(
            Weight("kernel", lambda config, shape: (shape[-1], config["units"])),
            Weight("bias", lambda config, shape: (config["units"],), when="use_bias"),
        ),
        tfjs=DENSE_ARGUMENTS,
    ),
    LayerClass(
        "EinsumDense",
        _einsum,
        {"activation": "linear", "bias_axes": None},
        weights=(
            Weight("kernel", _einsum_kernel),
            Weight("bias", _einsum_bias, when=lambda config: bool(config.get("bias_axes"))),
        ),
    ),
    LayerClass(
        "Embedding",
        _embedding,
        {"mask_zero": False, "input_length": None},
        weights=(_EMBEDDINGS,),
        tfjs=EMBEDDING_ARGUMENTS,
    ),
    LayerClass(
        "ReversibleEmbedding",
        _reversible_embedding,
        {"mask_zero": False, "tie_weights": True, "logit_soft_cap": None},
        weights=(
            _EMBEDDINGS,
            Weight(
                "reverse_embeddings",
                lambda config, shape: (config["output_dim"], config["input_dim"]),
                when=lambda config: not config.get("tie_weights", True),
            ),
        ),
    ),
    LayerClass("Identity", same),
    LayerClass("Lambda", _unknown),
    LayerClass("Masking", same, {"mask_value": 0.0}, tfjs=("mask_value",)),
)
