"""Models of Flax, and of the styles of Haiku and Equinox, give in the real TF.js what they give in JAX."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

from tensorflowjs.converters import convert_jax
from tensorflowjs.verify import TfjsRunner
from tests.tfjs import jax_quickly  # noqa: F401

Array = Any
random = np.random.default_rng(11)


def floats(*shape: int) -> Array:
    return random.normal(size=shape).astype("<f4")


@dataclass(frozen=True)
class Model:
    """A function with parameters, and two lots of inputs for it, the second a smaller batch."""

    function: Callable[..., Any]
    params: Any
    signatures: Sequence[Any]
    inputs: Sequence[Any]
    fewer: Sequence[Any]
    polymorphic: Sequence[str] | None = None


def randomised(params: Any) -> Any:
    """Random, variances above 0."""
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: abs(floats(*leaf.shape)) + 0.2 if "var" in str(path) else 0.5 * floats(*leaf.shape), params
    )


def of_flax(module: nn.Module, *inputs: Array, open_axes: int = 1, cut: Any = None) -> Model:
    """A module with a batch of any size; a second axis is open as well where `open_axes` says so."""
    params = randomised(jax.eval_shape(module.init, jax.random.key(0), *inputs))
    signatures = [((*[None] * open_axes, *each.shape[open_axes:]), each.dtype) for each in inputs]
    names = ["(b, ...)" if open_axes == 1 else "(b, t, ...)"] * len(inputs)
    return Model(module.apply, params, signatures, inputs, [each[cut or slice(1)] for each in inputs], names)


# ---------------------------------------------------------------------------- Flax linen


class Dense(nn.Module):
    @nn.compact
    def __call__(self, x: Array) -> Array:
        for features in (8, 6):
            x = nn.relu(nn.Dense(features)(x))
        return nn.softmax(nn.Dense(3)(nn.Dropout(0.5, deterministic=True)(x)))


class Images(nn.Module):
    @nn.compact
    def __call__(self, x: Array) -> Array:
        x = nn.Conv(6, (3, 3), strides=2)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=True)(x))
        x = nn.max_pool(x, (2, 2), (2, 2))
        x = nn.Conv(6, (3, 3), feature_group_count=6, use_bias=False)(x)
        x = nn.silu(nn.GroupNorm(2)(x))
        x = nn.avg_pool(nn.ConvTranspose(4, (3, 3), strides=(2, 2))(x), (2, 2), (2, 2))
        return nn.Dense(5)(x.reshape((x.shape[0], -1)))


class Residual(nn.Module):
    @nn.compact
    def __call__(self, x: Array) -> Array:
        norm = partial(nn.BatchNorm, use_running_average=True)
        y = nn.relu(norm()(nn.Conv(8, (3, 3), strides=(2, 2), use_bias=False)(x)))
        y = norm()(nn.Conv(8, (3, 3), use_bias=False)(y))
        return nn.relu(norm()(nn.Conv(8, (1, 1), strides=(2, 2))(x)) + y).mean((1, 2))


class Transformer(nn.Module):
    @nn.compact
    def __call__(self, ids: Array) -> Array:
        x = nn.Embed(11, 16)(ids) + nn.Embed(10, 16)(jnp.arange(ids.shape[1]))
        y = nn.LayerNorm()(x)
        x += nn.MultiHeadDotProductAttention(4, deterministic=True)(y, mask=nn.make_causal_mask(ids))
        y = nn.gelu(nn.Dense(32)(nn.RMSNorm()(x)))
        x += nn.Dense(16)(y)
        return nn.Dense(11)(x)


class Recurrent(nn.Module):
    @nn.compact
    def __call__(self, x: Array) -> tuple[Array, Array]:
        both = nn.Bidirectional(nn.RNN(nn.LSTMCell(5)), nn.RNN(nn.GRUCell(4)))(x)
        return both, nn.RNN(nn.SimpleCell(3), reverse=True, keep_order=True)(x)


# ---------------------------------------------------------------------------- Flax nnx


class WithState(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.conv = nnx.Conv(3, 4, (3, 3), rngs=rngs)
        self.norm = nnx.BatchNorm(4, use_running_average=True, rngs=rngs)
        self.drop = nnx.Dropout(0.5, deterministic=True, rngs=rngs)
        self.dense = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        x = nnx.leaky_relu(self.norm(self.conv(x)), 0.2).mean((1, 2))
        return self.dense(self.drop(x))


def of_nnx() -> Model:
    """With its random generators among the parameters: nothing draws from them."""
    definition, state = nnx.split(WithState(nnx.Rngs(0)))
    random_states, rest = nnx.split_state(state, nnx.RngState, ...)
    params = nnx.merge_state(random_states, randomised(rest))
    x = floats(3, 6, 6, 3)
    return Model(lambda state, x: nnx.merge(definition, state)(x), params, [((None, 6, 6, 3), "float32")], [x], [x[:1]])


# ---------------------------------------------------------------------------- other styles


def of_haiku() -> Model:
    """Pure functions and nested dictionaries, an input and a result that are dictionaries."""

    def linear(params: Any, name: str, x: Array) -> Array:
        return x @ params[name]["w"] + params[name]["b"]

    def apply(params: Any, batch: Any) -> Any:
        x = jnp.concatenate([batch["left"], batch["right"] * 2], -1)
        hidden = jnp.tanh(linear(params, "mlp/~/linear_0", x))
        return {"scores": linear(params, "mlp/~/linear_1", hidden), "hidden": hidden, "best": jnp.argmax(hidden, -1)}

    params = {
        "mlp/~/linear_0": {"w": floats(5, 4), "b": floats(4)},
        "mlp/~/linear_1": {"w": floats(4, 2), "b": floats(2)},
    }
    x = {"right": floats(3, 2), "left": floats(3, 3)}
    signature = {"right": ((None, 2), np.float32), "left": ((None, 3), np.float32)}
    return Model(apply, params, [signature], [x], [{key: value[:2] for key, value in x.items()}])


@partial(jax.tree_util.register_dataclass, data_fields=["weight", "bias"], meta_fields=["activation"])
@dataclass
class Layer:
    weight: Array
    bias: Array
    activation: Any = field(default=jnp.tanh)

    def __call__(self, x: Array) -> Array:
        return self.activation(self.weight @ x + self.bias)


@partial(jax.tree_util.register_dataclass, data_fields=["layers", "scale"], meta_fields=[])
@dataclass
class Module:
    layers: list[Layer]
    scale: Array

    def __call__(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


def of_equinox() -> Model:
    """The model is the parameters, called for each row by vmap."""
    model = Module([Layer(floats(4, 3), floats(4)), Layer(floats(2, 4), floats(2), jax.nn.sigmoid)], floats(2))
    x = floats(5, 3)
    return Model(lambda model, x: jax.vmap(model)(x), model, [((None, 3), np.float32)], [x], [x[:2]])


def of_steps() -> Model:
    """Newton's method for as long as it takes, and another way for some batches, for any number of rows."""

    def apply(params: Any, x: Array) -> Any:
        size = jnp.abs(x) + params
        root = jax.lax.while_loop(lambda y: (jnp.abs(y * y - size) > 1e-4).any(), lambda y: (y + size / y) / 2, size)
        return jax.lax.cond(x.sum() > 0, lambda: root + x.shape[0], lambda: -root)

    x = np.float32([[1, 2], [3, -4], [-9, 1]])
    return Model(apply, np.float32([0.5, 2]), [((None, 2), np.float32)], [x], [x[:1]])


def in_half() -> Model:
    """Parameters of 16 bits, of which TF.js makes 32."""
    params = {"a": jnp.asarray(floats(4, 3), jnp.bfloat16), "b": floats(3).astype("<f2")}
    x = floats(2, 4)
    return Model(
        lambda p, x: x @ p["a"].astype(jnp.float32) + p["b"].astype(jnp.float32),
        params,
        [((None, 4), np.float32)],
        [x],
        [x[:1]],
    )


MODELS: dict[str, Callable[[], Model]] = {
    "dense": lambda: of_flax(Dense(), floats(5, 4)),
    "images": lambda: of_flax(Images(), floats(2, 16, 16, 3)),
    "residual": lambda: of_flax(Residual(), floats(2, 9, 8, 3)),
    "transformer": lambda: of_flax(Transformer(), random.integers(0, 11, (3, 6)).astype("<i4")),
    "transformer, any length": lambda: of_flax(
        Transformer(), random.integers(0, 11, (3, 6)).astype("<i4"), open_axes=2, cut=(slice(2), slice(4))
    ),
    "recurrent": lambda: of_flax(Recurrent(), floats(3, 6, 4)),
    "recurrent, many steps": lambda: of_flax(Recurrent(), floats(2, 60, 4)),
    "nnx": of_nnx,
    "like Haiku": of_haiku,
    "like Equinox": of_equinox,
    "loops and branches": of_steps,
    "16 bits": in_half,
}


@pytest.mark.parametrize("name", MODELS)
def test_same_results(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = MODELS[name]()
    convert_jax(
        model.function,
        model.params,
        input_signatures=model.signatures,
        model_dir=tmp_path,
        polymorphic_shapes=model.polymorphic,
    )
    function = jax.jit(model.function)
    signature = json.loads((tmp_path / "model.json").read_text())["signature"]
    for backend in ("cpu", "wasm"):
        with closing(tfjs.load(tmp_path, kind="graph", backend=backend)) as loaded:  # type: ignore[arg-type]
            for inputs in (model.inputs, model.fewer):
                wanted = jax.tree.leaves(function(model.params, *inputs))
                found = loaded.predict(dict(zip(signature["inputs"], jax.tree.leaves(inputs), strict=True)))
                assert [each.shape for each in found] == [each.shape for each in wanted]
                for one, other in zip(wanted, found, strict=True):
                    np.testing.assert_allclose(other, one, rtol=2e-4, atol=2e-5)
