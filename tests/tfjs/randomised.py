"""Gives a Keras model (Keras 3 or tf_keras) weights and inputs that let no mistake hide.

Weights never stay as initialised: no zeros, no ones, nothing symmetric. Kernels are scaled by their fan-in, so
that signals neither vanish nor explode through deep networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

KERNEL_GAIN = 1.4  # a ReLU takes half of the power
DEEP = 5  # normalisations, from which on a model counts as deep


def _around_one(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return 1 + 0.3 * random.uniform(-1, 1, shape)


def _variance(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.uniform(0.5, 1.5, shape)


def _offset(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return 0.3 * random.standard_normal(shape)


def _slope(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.uniform(0.1, 0.6, shape)


def _kernel(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.standard_normal(shape) * KERNEL_GAIN / math.sqrt(max(1, math.prod(shape[:-1])))


def _depthwise(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.standard_normal(shape) * KERNEL_GAIN / math.sqrt(max(1, math.prod(shape[:-2])))


BY_NAME: dict[str, Draw] = {
    "gamma": _around_one,
    "scale": _around_one,
    "beta": _offset,
    "bias": _offset,
    "moving_mean": _offset,
    "mean": _offset,
    "moving_variance": _variance,
    "variance": _variance,
    "moving_stddev": _variance,
    "renorm_mean": _offset,
    "renorm_stddev": _variance,
    "alpha": _slope,
    "embeddings": lambda random, shape: random.standard_normal(shape),
    "depthwise_kernel": _depthwise,
}


def randomise_weights(model: Any, seed: int = 0) -> None:
    """Draw every floating-point weight anew."""
    random = np.random.default_rng(seed)
    depthwise = _depthwise_weights(model)
    for variable in model.weights:
        dtype = _numpy_dtype(variable)
        if dtype is None:
            continue  # counters and the states of random generators
        name = variable.name.split("/")[-1].split(":")[0]
        shape = tuple(int(size) for size in variable.shape)
        by_rank = (_depthwise if id(variable) in depthwise else _kernel) if len(shape) > 1 else _offset
        draw = BY_NAME.get(name, by_rank)
        variable.assign(draw(random, shape).astype(dtype))
    for layer in layers_of(model):
        if hasattr(layer, "finalize_state"):  # Normalization keeps what it computes from its weights
            layer.finalize_state()


def _depthwise_weights(model: Any) -> set[int]:
    """Keras 3 calls the kernel of a depthwise convolution just `kernel`."""
    layers = [layer for layer in layers_of(model) if type(layer).__name__.startswith("Depthwise")]
    return {id(variable) for layer in layers for variable in layer.weights}


def settle_statistics(model: Any, inputs: Sequence[Array], seed: int = 0) -> None:
    """Give the BatchNormalization layers of a deep model statistics near those of the signal that reaches them.

    With any others, what tells one sample from the next dies out (or overflows) on the way through many layers, and
    so would every mistake made early in the model.
    """
    layers = [layer for layer in layers_of(model) if type(layer).__name__ == "BatchNormalization"]
    if len(layers) < DEEP:
        return
    random = np.random.default_rng([seed, 2])
    for layer in layers:
        layer.call = _settling(layer, random)
    try:
        outputs_of(model, inputs)
    finally:
        for layer in layers:
            del layer.call


def _settling(layer: Any, random: np.random.Generator) -> Callable[..., Any]:
    """The layer's `call`, setting its statistics first, from what it is called with and not quite equal to it."""
    call = layer.call

    def settle_and_call(inputs: Any, **arguments: Any) -> Any:
        values = np.asarray(inputs).astype("float64")
        channel = np.ravel(layer.axis)[0] % values.ndim
        others = tuple(axis for axis in range(values.ndim) if axis != channel)
        mean, variance = values.mean(others), values.var(others)
        variance += 0.3 * (mean**2 + variance.mean())  # rounding must not be blown up with what hardly varies
        mean += 0.5 * np.sqrt(variance) * _offset(random, mean.shape)
        variance *= _variance(random, variance.shape)
        for variable, drawn in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            variable.assign(drawn.astype(_numpy_dtype(variable)))
        return call(inputs, **arguments)

    return settle_and_call


def _numpy_dtype(variable: Any) -> np.dtype[Any] | None:
    """The numpy dtype of a float variable; None for others."""
    declared = variable.dtype
    name = declared if isinstance(declared, str) else declared.name
    if "float" not in name:
        return None
    # Keras 3 casts by itself; numpy knows bfloat16 only through TensorFlow.
    return np.dtype("float32") if isinstance(declared, str) else np.dtype(declared.as_numpy_dtype)


def layers_of(model: Any) -> Iterator[Any]:
    """All layers, those of nested models and wrappers too."""
    yield from model._flatten_layers(include_self=False, recursive=True)  # the only way both Keras lines have


def random_model_inputs(model: Any, *, seed: int = 0, batch: int = 3, unknown: int = 12) -> list[Array]:
    """An array for each of `model.inputs`: normal floats; whole numbers within the tables they look up."""
    random = np.random.default_rng([seed, 1])
    tables = [layer for layer in layers_of(model) if type(layer).__name__ == "Embedding"]
    below = min([int(table.input_dim) for table in tables], default=10)
    return [_draw_input(random, tensor, tables, below, batch, unknown) for tensor in model.inputs]


def _draw_input(
    random: np.random.Generator, tensor: Any, tables: Sequence[Any], below: int, batch: int, unknown: int
) -> Array:
    shape = tuple((unknown if at else batch) if size is None else int(size) for at, size in enumerate(tensor.shape))
    dtype = tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
    if "int" in dtype or _is_looked_up(tensor, tables):
        return random.integers(0, below, shape).astype(dtype)
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    return random.standard_normal(shape).astype("float32")


def _is_looked_up(tensor: Any, tables: Sequence[Any]) -> bool:
    return any(tensor is given for table in tables for node in table._inbound_nodes for given in _given(node))


def _given(node: Any) -> Sequence[Any]:
    inputs = getattr(node, "input_tensors", None)  # Keras 3; tf_keras has a bare tensor there where it is one
    return inputs if isinstance(inputs, (list, tuple)) else [inputs]


def as_model_takes_them(model: Any, inputs: Sequence[Array]) -> Any:
    """The arrays in the structure of the model's inputs: one, a list, or a dict."""
    structure = getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))
    if isinstance(structure, Mapping):
        return {
            key: next(array for array, tensor in zip(inputs, model.inputs, strict=True) if tensor is given)
            for key, given in structure.items()
        }
    return inputs[0] if len(inputs) == 1 and not isinstance(structure, (list, tuple)) else list(inputs)


def outputs_of(model: Any, inputs: Sequence[Array]) -> list[Array]:
    """What Keras itself computes, flattened in the order of `model.outputs`."""
    return [np.asarray(output) for output in _flat(model(as_model_takes_them(model, inputs), training=False))]


def _flat(structure: Any) -> Iterator[Any]:
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from _flat(structure[key])
    elif isinstance(structure, (list, tuple)):
        for part in structure:
            yield from _flat(part)
    else:
        yield structure
