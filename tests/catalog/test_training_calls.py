"""Calls with training=True are refused where they would change numbers, and only there."""

from __future__ import annotations

import pytest

from tensorflowjs.catalog.training_calls import check_calls
from tensorflowjs.ir.layers import Call, Config, Layer, Model, Ref


def problems(layer: Layer) -> list[str]:
    layer.calls = [Call([Ref("x")]), Call([Ref("x")], {"training": True})]
    return [str(problem) for problem in check_calls(Model("m", "Functional", [layer]))]


@pytest.mark.parametrize(
    ("class_name", "config", "acts"),
    [
        ("Dropout", {"rate": 0.5}, True),
        ("Dropout", {"rate": 0.0}, False),
        ("GaussianNoise", {"stddev": 0.1}, True),
        ("LSTM", {"dropout": 0.0, "recurrent_dropout": 0.2}, True),
        ("LSTM", {"dropout": 0.0, "recurrent_dropout": 0.0}, False),
        ("BatchNormalization", {}, True),
        ("SpectralNormalization", {}, True),
        ("Dense", {"units": 3}, False),
    ],
)
def test_layers(class_name: str, config: Config, acts: bool) -> None:
    found = problems(Layer("it", class_name, config))
    assert bool(found) == acts
    assert all(text.startswith(f"it ({class_name}): called with training=True") for text in found)


def test_frozen_statistics_are_used_even_then() -> None:
    assert not problems(Layer("it", "BatchNormalization", trainable=False))


def test_inside_wrappers_and_nested_models() -> None:
    dropout = Layer("inner", "Dropout", {"rate": 0.5}, [Call([Ref("y")])])
    assert "so that inner (Dropout) acts" in problems(Layer("it", "TimeDistributed", children={"layer": dropout}))[0]
    nested = Model("nested", "Functional", [dropout])
    assert "so that inner (Dropout) acts" in problems(Layer("it", "Functional", model=nested))[0]
    dropout.calls[0].kwargs["training"] = True
    outer = Layer("outer", "Functional", calls=[Call([Ref("x")])], model=nested)
    (problem,) = check_calls(Model("m", "Functional", [outer]))
    assert problem.where == "outer > inner (Dropout)"


def test_other_arguments_are_not_mistaken_for_it() -> None:
    layer = Layer("it", "Dropout", {"rate": 0.5}, [Call([Ref("x"), 1]), Call([Ref("x")], {"training": False})])
    assert not list(check_calls(Model("m", "Functional", [layer])))
    layer.calls.append(Call([Ref("x"), True]))
    assert len(list(check_calls(Model("m", "Functional", [layer])))) == 1
