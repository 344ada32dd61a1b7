"""A tensor that a layer takes twice becomes two."""

from __future__ import annotations

from tensorflowjs.fitting.repeats import separate
from tensorflowjs.ir.layers import Call, Layer, Model, Ref


def test_repeats_are_made_once_and_stand_behind_their_source() -> None:
    layers = [
        Layer("x", "InputLayer", {}, [Call()]),
        Layer("square", "Multiply", {}, [Call([Ref("x"), Ref("x")])]),
        Layer("three", "Add", {}, [Call([Ref("x"), Ref("square"), Ref("x"), Ref("x")])]),
        Layer("plain", "Add", {}, [Call([Ref("x"), Ref("three")])]),
    ]
    model = Model("m", "Functional", layers, outputs=[Ref("three"), Ref("plain"), Ref("plain")])
    count = iter("123")
    separate(model, lambda wanted: wanted + next(count))
    assert [layer.name for layer in model.layers] == [
        "x",
        "x_again1",
        "x_again2",
        "square",
        "three",
        "plain",
        "plain_again3",
    ]
    calls = {layer.name: layer.calls[0].args for layer in model.layers}
    assert calls["square"] == [Ref("x"), Ref("x_again1")]
    assert calls["three"] == [Ref("x"), Ref("square"), Ref("x_again1"), Ref("x_again2")]
    assert calls["plain"] == [Ref("x"), Ref("three")]
    assert calls["x_again1"] == [Ref("x")]
    assert model.outputs == [Ref("three"), Ref("plain"), Ref("plain_again3")]


def test_nested_models_too() -> None:
    inner = Model(
        "inner",
        "Functional",
        [Layer("y", "InputLayer", {}, [Call()]), Layer("sum", "Add", {}, [Call([Ref("y"), Ref("y")])])],
    )
    outer = Model("outer", "Functional", [Layer("x", "InputLayer", {}, [Call()])])
    outer.layers.append(Layer("inner", "Functional", {}, [Call([Ref("x")])], model=inner))
    separate(outer, lambda wanted: wanted)
    assert [layer.name for layer in inner.layers] == ["y", "y_again", "sum"]
    assert inner.layers[2].calls[0].args == [Ref("y"), Ref("y_again")]
