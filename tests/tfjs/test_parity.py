"""The harness itself: it must pass a correct conversion and catch every kind of wrong one.

The conversion here is a stand-in that needs none of ours: tf_keras configurations are what TF.js reads already.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import OutputError, Problem, UnsupportedError
from tensorflowjs.events import note
from tensorflowjs.verify import TfjsRunner
from tests.tfjs import parity
from tests.tfjs.randomised import Array
from tests.verify.handwritten import write_layers_model

pytestmark = pytest.mark.oracle

Weights = dict[str, Array]
Topology = dict[str, Any]


def small_model() -> Any:
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.Input((6, 6, 3)),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="bn"),
            layers.Flatten(),
            layers.Dense(4, name="dense"),
        ]
    )


def pretend_conversion(
    monkeypatch: pytest.MonkeyPatch, mistake: Callable[[Weights, Topology], None] | None = None
) -> None:
    def convert(model_file: str, target: str) -> None:
        from tf_keras.models import load_model

        model = load_model(model_file, compile=False)
        topology = json.loads(model.to_json())
        weights = {variable.name.split(":")[0]: variable.numpy() for variable in model.weights}
        if mistake:
            mistake(weights, topology)
        write_layers_model(Path(target), {key: topology[key] for key in ("class_name", "config")}, weights)
        note("converted by a stand-in")

    monkeypatch.setitem(vars(tensorflowjs), "convert", convert)


def test_correct_conversions_pass(tfjs: TfjsRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_conversion(monkeypatch)
    results = parity.assert_parity(tfjs, small_model(), routes=("h5", "keras"))
    assert [(result.route, result.backend) for result in results] == [
        ("h5", "auto"),
        ("h5", "cpu"),
        ("keras", "auto"),
        ("keras", "cpu"),
    ]
    assert results[0].notes == ["converted by a stand-in"]


def transpose_kernel(weights: Weights, topology: Topology) -> None:
    weights["conv/kernel"] = weights["conv/kernel"].transpose(1, 0, 2, 3)


def forget_bias(weights: Weights, topology: Topology) -> None:
    weights["dense/bias"] = np.zeros_like(weights["dense/bias"])


def swap_statistics(weights: Weights, topology: Topology) -> None:
    weights["bn/moving_mean"], weights["bn/moving_variance"] = weights["bn/moving_variance"], weights["bn/moving_mean"]


def swap_scale_and_variance(weights: Weights, topology: Topology) -> None:
    weights["bn/gamma"], weights["bn/moving_variance"] = weights["bn/moving_variance"], weights["bn/gamma"]


def spoil_one_value(weights: Weights, topology: Topology) -> None:
    weights["dense/kernel"] = weights["dense/kernel"].copy()
    weights["dense/kernel"][5, 2] += 0.01


def drop_activation(weights: Weights, topology: Topology) -> None:
    config_of(topology, "conv")["activation"] = "linear"


def change_epsilon(weights: Weights, topology: Topology) -> None:
    config_of(topology, "bn")["epsilon"] = 2e-3


def config_of(topology: Topology, name: str) -> dict[str, Any]:
    configs: list[dict[str, Any]] = [layer["config"] for layer in topology["config"]["layers"]]
    return next(config for config in configs if config["name"] == name)


MISTAKES = [
    transpose_kernel,
    forget_bias,
    swap_statistics,
    swap_scale_and_variance,
    spoil_one_value,
    drop_activation,
    change_epsilon,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_mistakes_are_caught(tfjs: TfjsRunner, monkeypatch: pytest.MonkeyPatch, mistake: Any) -> None:
    pretend_conversion(monkeypatch, mistake)
    with pytest.raises(pytest.fail.Exception, match=r"differ:\n\[h5, auto\] dense \(3, 4\): "):
        parity.assert_parity(tfjs, small_model(), routes=("h5",), backends=("auto",))


def test_outputs_that_prove_nothing_do_not_pass(tfjs: TfjsRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    from tf_keras import Sequential, layers

    pretend_conversion(monkeypatch)
    model = Sequential([layers.Input((4,)), layers.Dense(3, activation="tanh")])
    inputs = np.zeros((2, 4), np.float32)
    with pytest.raises(pytest.fail.Exception, match=r"the same for every sample.* proves nothing"):
        parity.assert_parity(tfjs, model, inputs, routes=("h5",))
    parity.assert_parity(tfjs, model, inputs, routes=("h5",), allow_weak=True)


# ------------------------------------------------------------------------------------------- refusals

REFUSAL = UnsupportedError("TF.js cannot run this.", [Problem("dense (Dense)", "units are too round")])


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception, leave: str | None = None) -> None:
    def convert(model_file: str, target: str) -> None:
        if leave:
            Path(target, leave).resolve().parent.mkdir(exist_ok=True)
            Path(target, leave).resolve().write_text("half of it")
        raise error

    monkeypatch.setitem(vars(tensorflowjs), "convert", convert)


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, REFUSAL)
    assert parity.assert_refused(small_model(), "dense", "too round", routes=("h5", "keras")) == [REFUSAL, REFUSAL]
    with pytest.raises(AssertionError, match=r"not in the error: \['conv'\]"):
        parity.assert_refused(small_model(), "conv", routes=("h5",))


@pytest.mark.parametrize("leave", ["model.json", "../.target.part"])
def test_refusals_that_leave_files_behind(monkeypatch: pytest.MonkeyPatch, leave: str) -> None:
    refuse(monkeypatch, REFUSAL, leave)
    with pytest.raises(AssertionError, match=r"was written|left behind"):
        parity.assert_refused(small_model(), "dense", routes=("h5",))


def test_other_errors_are_no_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, OutputError("disk full: dense"))
    with pytest.raises(OutputError):
        parity.assert_refused(small_model(), "dense", routes=("h5",))
