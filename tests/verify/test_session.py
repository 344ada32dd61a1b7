"""Layers models in the real TF.js: loading, running, weights, training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import MissingInputError, RuntimeFailure, UsageError
from tensorflowjs.verify import InputSpec, TfjsRunner, WeightSpec
from tests.verify.handwritten import (
    Array,
    dense_model,
    functional,
    input_layer,
    layer,
    sequential,
    write_layers_model,
)

Random = np.random.Generator


def floats(random: Random, *shape: int) -> Array:
    return random.standard_normal(shape).astype(np.float32)


def write_dense(folder: Path, random: Random, **options: Any) -> tuple[Array, Array]:
    kernel, bias = floats(random, 4, 3), floats(random, 3)
    write_layers_model(folder, dense_model(activation="tanh"), {"d/kernel": kernel, "d/bias": bias}, **options)
    return kernel, bias


@pytest.mark.parametrize("backend", ["auto", "wasm", "cpu"])
def test_predicts_what_numpy_computes(tfjs: TfjsRunner, tmp_path: Path, random: Random, backend: Any) -> None:
    kernel, bias = write_dense(tmp_path, random)
    model = tfjs.load(tmp_path, backend=backend)
    x = floats(random, 5, 4)
    (y,) = model.predict([x])
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, np.tanh(x @ kernel + bias), rtol=1e-4, atol=1e-6)
    assert model.input_specs == (InputSpec("x", "float32", (None, 4)),)
    assert model.output_names == ("d",)
    assert model.backend == ("wasm" if backend == "auto" else backend)


def test_more_samples_than_a_batch_keep_their_order(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    kernel, bias = write_dense(tmp_path, random)
    x = floats(random, 77, 4)
    (y,) = tfjs.load(tmp_path).predict([x])
    np.testing.assert_allclose(y, np.tanh(x @ kernel + bias), rtol=1e-4, atol=1e-6)


def test_inputs_by_position_and_by_name(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    layers = [input_layer("b", 2), input_layer("a", 3)]
    layers.append(layer("Concatenate", "joined", ["a", 0, 0], ["b", 0, 0], axis=-1))
    layers.append(layer("Activation", "kept", ["b", 0, 0], activation="linear"))
    write_layers_model(tmp_path, functional(layers, ["b", "a"], ["joined", "kept"]), {})
    model = tfjs.load(tmp_path)
    a, b = floats(random, 2, 3), floats(random, 2, 2)
    expected = np.concatenate([a, b], axis=1)
    for inputs in ([b, a], {"a": a, "b": b}):
        joined, kept = model.predict(inputs)
        np.testing.assert_array_equal(joined, expected)
        np.testing.assert_array_equal(kept, b)
    with pytest.raises(UsageError, match="takes 2 inputs"):
        model.predict([a])
    with pytest.raises(UsageError, match="inputs are b, a; given were a, c"):
        model.predict({"a": a, "c": b})


def test_whole_numbers_reach_an_embedding(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    table = floats(random, 7, 2)
    embedding = layer("Embedding", "e", input_dim=7, output_dim=2)
    topology = sequential(input_layer("ids", 3, dtype="int32"), embedding)
    write_layers_model(tmp_path, topology, {"e/embeddings": table})
    model = tfjs.load(tmp_path)
    for dtype in (np.int64, np.uint8, np.float64):
        ids = np.array([[6, 0, 3], [1, 1, 5]], dtype)
        np.testing.assert_array_equal(model.predict([ids])[0], table[ids.astype(int)])
    with pytest.raises(UsageError, match=r"'ids' .* do not fit into 32 bits"):
        model.predict([np.array([[2**31, 0, 0]])])
    with pytest.raises(UsageError, match=r"'ids' .* not whole numbers"):
        model.predict([np.array([[0.5, 0, 0]])])


def test_weights_across_shards(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    kernel, bias = write_dense(tmp_path, random, shards=7)  # 60 bytes in pieces of 9
    model = tfjs.load(tmp_path)
    assert model.weights() == (
        WeightSpec("d/kernel", "float32", (4, 3)),
        WeightSpec("d/bias", "float32", (3,)),
    )
    values = model.weight_values()
    np.testing.assert_array_equal(values["d/kernel"], kernel)
    np.testing.assert_array_equal(values["d/bias"], bias)


def test_many_megabytes_of_weights(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    kernel = floats(random, 2048, 2048)
    topology = sequential(input_layer("x", 2048), layer("Dense", "d", units=2048, use_bias=False))
    write_layers_model(tmp_path, topology, {"d/kernel": kernel}, shards=5)
    x = floats(random, 2, 2048)
    model = tfjs.load(tmp_path)
    (y,) = model.predict([x])
    model.close()
    np.testing.assert_allclose(y, x @ kernel, atol=1e-3)


@pytest.mark.parametrize("name", ["with spaces", "größe", "50% #1"])
def test_any_folder_name(tfjs: TfjsRunner, tmp_path: Path, random: Random, name: str) -> None:
    write_dense(tmp_path / name, random)
    assert tfjs.load(tmp_path / name / "model.json").predict([floats(random, 1, 4)])[0].shape == (1, 3)


def test_closing_a_model_frees_its_tensors(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_dense(tmp_path, random)
    before = tfjs.memory()
    model = tfjs.load(tmp_path)
    for _ in range(3):
        model.predict([floats(random, 2, 4)])
    assert tfjs.memory()["tensors"] == before["tensors"] + 2
    model.close()
    after = tfjs.memory()
    assert (after["tensors"], after["models"]) == (before["tensors"], before["models"])
    with pytest.raises(RuntimeFailure, match=r"no longer in TF\.js"):
        model.predict([floats(random, 2, 4)])


# ------------------------------------------------------------------------------------------- what goes wrong


def test_unknown_layer(tfjs: TfjsRunner, tmp_path: Path) -> None:
    write_layers_model(tmp_path, sequential(input_layer("x", 2), layer("Mystery", "m")), {})
    with pytest.raises(RuntimeFailure, match=r"could not load .*model\.json: Unknown layer: Mystery"):
        tfjs.load(tmp_path)


def test_weight_that_has_no_place(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    weights = {"d/kernel": floats(random, 4, 3), "d/bias": floats(random, 3), "other/kernel": floats(random, 2)}
    write_layers_model(tmp_path, dense_model(), weights)
    with pytest.raises(RuntimeFailure, match="no target variable: other/kernel"):
        tfjs.load(tmp_path)


def test_weight_that_is_missing(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_layers_model(tmp_path, dense_model(), {"d/kernel": floats(random, 4, 3)})
    with pytest.raises(RuntimeFailure, match="1 of 2 weights are not set: d/bias"):
        tfjs.load(tmp_path)


def test_missing_shard(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_dense(tmp_path, random, shards=2)
    (tmp_path / "group1-shard2of2.bin").unlink()
    with pytest.raises(RuntimeFailure, match=r"group1-shard2of2\.bin is missing beside model\.json"):
        tfjs.load(tmp_path)


def test_training_configuration_that_tfjs_rejects(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    config = {"optimizer_config": {"class_name": "Nadam", "config": {}}, "loss": "mean_squared_error"}
    write_dense(tmp_path, random, trainingConfig=config)
    with pytest.raises(RuntimeFailure, match="Nadam"):
        tfjs.load(tmp_path)


def test_error_while_running(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_dense(tmp_path, random)
    model = tfjs.load(tmp_path)
    with pytest.raises(RuntimeFailure, match=r"could not run .*: .*to have shape \[null,4\]"):
        model.predict([floats(random, 1, 5)])
    assert model.predict([floats(random, 1, 4)])[0].shape == (1, 3)


def test_nothing_to_load(tfjs: TfjsRunner, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"no model\.json"):
        tfjs.load(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(RuntimeFailure, match="Failed to parse model JSON"):
        tfjs.load(tmp_path)


def test_what_tfjs_says_is_kept(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    topology = sequential(input_layer("x", 4), layer("LeakyReLU", "r", alpha=0.2), layer("Dense", "d", units=3))
    weights = {"d/kernel": floats(random, 4, 3), "d/bias": floats(random, 3)}
    write_layers_model(tmp_path, topology, weights)
    model = tfjs.load(tmp_path)
    model.predict([floats(random, 1, 4)])
    assert model.console == []
    recurrent = sequential(input_layer("x", 3, 4), layer("SimpleRNN", "r", units=2, unroll=True))
    weights = {
        "r/kernel": floats(random, 4, 2),
        "r/recurrent_kernel": floats(random, 2, 2),
        "r/bias": floats(random, 2),
    }
    write_layers_model(tmp_path, recurrent, weights)
    model = tfjs.load(tmp_path)
    model.predict([floats(random, 1, 3, 4)])
    assert any("unroll" in text for text in model.console), model.console


# ------------------------------------------------------------------------------------------- training


def training_config(loss: str = "mean_squared_error", learning_rate: float = 0.1) -> dict[str, Any]:
    optimizer = {"class_name": "SGD", "config": {"learning_rate": learning_rate}}
    return {"optimizer_config": optimizer, "loss": loss, "metrics": []}


def test_training_lowers_the_loss(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    kernel, bias = floats(random, 4, 3), floats(random, 3)
    weights = {"d/kernel": floats(random, 4, 3), "d/bias": floats(random, 3)}
    write_layers_model(tmp_path, dense_model(), weights, trainingConfig=training_config())
    model = tfjs.load(tmp_path)
    assert model.compiled
    x = floats(random, 64, 4)
    (y,) = model.predict([x])
    result = model.fit(x, x @ kernel + bias, epochs=20, batch_size=16)
    assert result.before == pytest.approx(np.mean((y - (x @ kernel + bias)) ** 2), rel=1e-4)
    assert result.after < 0.1 * result.before
    assert len(result.losses) == 20
    np.testing.assert_raises(
        AssertionError, np.testing.assert_array_equal, model.weight_values()["d/bias"], weights["d/bias"]
    )


def test_training_goes_on_with_cpu_where_wasm_lacks_a_kernel(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    convolution = layer("Conv2D", "c", filters=2, kernel_size=[2, 2])
    weights = {"c/kernel": floats(random, 2, 2, 1, 2), "c/bias": floats(random, 2)}
    topology = sequential(input_layer("x", 4, 4, 1), convolution)
    write_layers_model(tmp_path, topology, weights, trainingConfig=training_config(learning_rate=0.01))
    x, y = floats(random, 8, 4, 4, 1), floats(random, 8, 3, 3, 2)
    with pytest.raises(RuntimeFailure, match=r"Conv2DBackpropFilter.*wasm"):
        tfjs.load(tmp_path, backend="wasm").fit(x, y)
    model = tfjs.load(tmp_path)
    result = model.fit(x, y)
    assert result.after < result.before
    assert (result.backend, model.backend) == ("cpu", "cpu")
    assert any("went on with the cpu backend" in text for text in model.console)


def test_losses_that_are_not_numbers(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_dense(tmp_path, random)
    compile_as = {"optimizer": "sgd", "loss": "meanSquaredError"}
    result = tfjs.load(tmp_path).fit(
        floats(random, 2, 4), np.full((2, 3), np.nan, np.float32), epochs=1, compile=compile_as
    )
    assert np.isnan(result.before)
    assert np.isnan(result.after)


def test_model_without_training_configuration(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    write_dense(tmp_path, random)
    model = tfjs.load(tmp_path)
    assert not model.compiled
    with pytest.raises(UsageError, match="no training configuration"):
        model.fit(floats(random, 2, 4), floats(random, 2, 3))
