"""Files that hold weights alone, in either layout and in several files, and what their weights are called."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
import pytest

from tensorflowjs.events import Note, listening
from tensorflowjs.formats.hdf5 import open_hdf5
from tensorflowjs.ir.layers import LayersWeights
from tensorflowjs.readers import keras_h5, keras_shards
from tensorflowjs.readers.keras_variables import variables
from tests.written_models import Array, ByPath, Named, variables_bytes, write_layers


def arrays(count: int) -> list[Array]:
    return [np.full((2,), index, "float32") for index in range(count)]


def read(path: Path) -> LayersWeights:
    with ExitStack() as stack:
        read = keras_shards.read if path.suffix == ".json" else keras_h5.read
        weights = read(path, stack)
        assert isinstance(weights, LayersWeights)
        return weights


def names(weights: LayersWeights) -> list[str]:
    return [name for group in weights.groups for name, _ in group.weights]


def by_layer(folder: Path, weights: Named, extra: Named | None = None, inside: str | None = None) -> LayersWeights:
    with h5py.File(folder / "w.h5", "w") as file:
        group = file.create_group(inside) if inside else file
        write_layers(group, weights)
        for name, named in (extra or {}).items():
            group.create_group(name).attrs["weight_names"] = [each.encode() for each, _ in named]
            for each, values in named:
                group[name][each] = values
    return read(folder / "w.h5")


def by_path(folder: Path, stored: ByPath, real: dict[str, str] | None = None) -> LayersWeights:
    path = folder / "w.weights.h5"
    path.write_bytes(variables_bytes(stored))
    with h5py.File(path, "r+") as file:
        for place, name in (real or {}).items():
            file.require_group(f"{place}/vars").attrs["name"] = name
    return read(path)


# ------------------------------------------------------------------------------------- by layer


def test_names_of_keras_2_stay(tmp_path: Path) -> None:
    one, two = arrays(2)
    stored = {"z": [("z/lstm_cell/kernel:0", one)], "empty": [], "a": [("a/kernel:0", two), ("a/bias:0", one)]}
    weights = by_layer(tmp_path, stored)
    assert [group.layer for group in weights.groups] == ["z", "a"], "in the order of the model, not of the alphabet"
    assert names(weights) == ["z/lstm_cell/kernel", "a/kernel", "a/bias"]


def test_a_model_without_its_configuration(tmp_path: Path) -> None:
    assert names(by_layer(tmp_path, {"a": [("a/kernel:0", arrays(1)[0])]}, inside="model_weights")) == ["a/kernel"]


def test_weights_that_the_model_itself_owns(tmp_path: Path) -> None:
    one, two = arrays(2)
    own = {"top_level_model_weights": [("scale:0", two)]}
    assert names(by_layer(tmp_path, {"a": [("a/kernel:0", one)]}, own)) == ["a/kernel", "scale"]


def test_equal_names_get_the_name_of_the_model_in_front(tmp_path: Path) -> None:
    one, two = arrays(2)
    notes: list[Note] = []
    with listening(lambda event: notes.append(event) if isinstance(event, Note) else None):
        stored = {"left": [("d/kernel:0", one), ("e/kernel:0", one)], "right": [("d/kernel:0", two)]}
        weights = by_layer(tmp_path, stored)
    assert names(weights) == ["left/d/kernel", "e/kernel", "right/d/kernel"]
    assert len(notes) == 1 and "equal names" in notes[0].text


# ------------------------------------------------------------------------------------- by path


@pytest.mark.parametrize(
    ("path", "count", "expected"),
    [
        ("layers/dense", 2, ["dense/kernel", "dense/bias"]),
        ("layers/dense", 1, ["dense/kernel"]),
        ("layers/dense_3", 2, ["dense_3/kernel", "dense_3/bias"]),
        ("layers/dense", 4, [f"dense/variable_{index}" for index in range(4)]),
        ("layers/batch_normalization", 4, [
            f"batch_normalization/{kind}" for kind in ("gamma", "beta", "moving_mean", "moving_variance")
        ]),
        ("layers/batch_normalization", 3, [
            f"batch_normalization/{kind}" for kind in ("variable_0", "moving_mean", "moving_variance")
        ]),
        ("layers/batch_normalization", 2, [
            f"batch_normalization/{kind}" for kind in ("moving_mean", "moving_variance")
        ]),
        ("layers/layer_normalization", 2, ["layer_normalization/gamma", "layer_normalization/beta"]),
        ("layers/layer_normalization", 1, ["layer_normalization/variable_0"]),
        ("layers/separable_conv2d", 2, [
            "separable_conv2d/depthwise_kernel", "separable_conv2d/pointwise_kernel"
        ]),
        ("layers/lstm/cell", 3, ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"]),
        ("layers/simple_rnn/cell", 2, ["simple_rnn/kernel", "simple_rnn/recurrent_kernel"]),
        ("layers/rnn/cell/cells/gru_cell_1", 3, [
            f"rnn/gru_cell_1/{kind}" for kind in ("kernel", "recurrent_kernel", "bias")
        ]),
        ("layers/time_distributed/layer", 2, ["time_distributed/variable_0", "time_distributed/variable_1"]),
        ("layers/functional/layers/dense", 2, ["dense/kernel", "dense/bias"]),
        ("_layer_checkpoint_dependencies/dense", 2, ["dense/kernel", "dense/bias"]),
        ("layers/my_layer", 2, ["my_layer/variable_0", "my_layer/variable_1"]),
        ("first", 2, ["first/variable_0", "first/variable_1"]),
        ("cell", 3, ["cell/kernel", "cell/recurrent_kernel", "cell/bias"]),
        ("", 1, ["variable_0"]),
    ],
)  # fmt: skip
def test_names_by_class(path: str, count: int, expected: list[str], tmp_path: Path) -> None:
    assert names(by_path(tmp_path, {path: arrays(count)})) == expected


def test_real_names_where_the_file_tells_them(tmp_path: Path) -> None:
    stored = {
        "layers/dense": arrays(2),
        "layers/bidirectional/forward_layer/cell": arrays(3),
        "layers/functional/layers/dense": arrays(1),
    }
    real = {
        "layers/dense": "scores", "layers/bidirectional": "both", "layers/bidirectional/forward_layer": "forward_q",
        "layers/bidirectional/forward_layer/cell": "lstm_cell", "layers/functional": "inner",
        "layers/functional/layers/dense": "hidden",
    }  # fmt: skip
    assert names(by_path(tmp_path, stored, real)) == [
        "both/forward_q/kernel", "both/forward_q/recurrent_kernel", "both/forward_q/bias", "scores/kernel",
        "scores/bias", "hidden/kernel",
    ]  # fmt: skip


def test_equal_names_in_nested_models(tmp_path: Path) -> None:
    stored = {
        "layers/dense": arrays(1),
        "layers/functional/layers/dense": arrays(1),
        "layers/functional/layers/sequential/layers/dense": arrays(1),
        "layers/functional_1/layers/dense": arrays(1),
    }
    assert names(by_path(tmp_path, stored)) == [
        "dense/kernel", "functional/dense/kernel", "functional/sequential/dense/kernel", "functional_1/dense/kernel",
    ]  # fmt: skip


def test_variables_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    (group,) = by_path(tmp_path, {"layers/my_layer": arrays(12)}).groups
    with ExitStack() as stack:
        root = stack.enter_context(open_hdf5(tmp_path / "w.weights.h5")).root
        (found,) = variables([root]).by_path.values()
        assert [int(tensor.read()[0]) for tensor in found] == list(range(12))
    assert len(group.weights) == 12


def test_optimizers_metrics_and_random_generators_are_left_out(tmp_path: Path) -> None:
    seed = [np.array([1, 2], "uint32")]
    stored = {
        "optimizer": arrays(3), "metrics/mean": arrays(2), "layers/dropout/seed_generator": seed,
        "layers/random_flip/generator": seed, "layers/generator": arrays(1), "layers/dense": arrays(2),
    }  # fmt: skip
    assert names(by_path(tmp_path, stored)) == ["dense/kernel", "dense/bias", "generator/variable_0"]


# ------------------------------------------------------------------------------------- several files


def test_an_object_split_over_files(tmp_path: Path) -> None:
    values = arrays(4)
    for name, numbers in (("a", [0, 1]), ("b", [2, 3])):
        with h5py.File(tmp_path / f"{name}.weights.h5", "w") as file:
            for number in numbers:
                file[f"layers/batch_normalization/vars/{number}"] = values[number]
    places = {"/layers/batch_normalization/vars": ["a.weights.h5", "b.weights.h5"]}
    (tmp_path / "w.weights.json").write_text(json.dumps({"metadata": {"total_size": 32}, "weight_map": places}))
    weights = read(tmp_path / "w.weights.json")
    assert names(weights) == [
        f"batch_normalization/{kind}" for kind in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
