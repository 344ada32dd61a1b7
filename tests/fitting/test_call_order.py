"""Calls of shared layers are numbered in the order in which TF.js makes them."""

from __future__ import annotations

from tensorflowjs.fitting.call_order import settle
from tensorflowjs.ir.layers import Call, Layer, Model, Ref


def _input() -> Layer:
    return Layer("x", "InputLayer", calls=[Call()])


def test_a_call_that_waits_goes_behind() -> None:
    shared = Layer("shared", "Dense", calls=[Call([Ref("late")]), Call([Ref("x")])])
    model = Model("m", "Functional", [_input(), shared, Layer("late", "Dense", calls=[Call([Ref("x")])])])
    model.inputs, model.outputs = [Ref("x")], [Ref("shared", 0), Ref("shared", 1)]
    settle(model)
    assert shared.calls == [Call([Ref("x")]), Call([Ref("late")])]
    assert model.outputs == [Ref("shared", 1), Ref("shared", 0)]


def test_calls_in_order_stay() -> None:
    shared = Layer("shared", "Dense", calls=[Call([Ref("x")]), Call([Ref("late")])])
    late = Layer("late", "Dense", calls=[Call([Ref("shared", 0)])])
    model = Model("m", "Functional", [_input(), shared, late], [Ref("x")], [Ref("shared", 1)])
    settle(model)
    assert [call.inputs for call in shared.calls] == [[Ref("x")], [Ref("late")]]
    assert model.outputs == [Ref("shared", 1)]


def test_one_change_may_call_for_another() -> None:
    """`b` waits for `c`, and `a` for the call of `b` that comes first because of it."""
    first = Layer("a", "Dense", calls=[Call([Ref("b", 1)]), Call([Ref("b", 0)]), Call([Ref("x")])])
    second = Layer("b", "Dense", calls=[Call([Ref("c")]), Call([Ref("x")])])
    model = Model("m", "Functional", [_input(), first, second, Layer("c", "Dense", calls=[Call([Ref("x")])])])
    model.outputs = [Ref("a", 0), Ref("a", 1), Ref("a", 2)]
    settle(model)
    assert second.calls == [Call([Ref("x")]), Call([Ref("c")])]
    assert first.calls == [Call([Ref("x")]), Call([Ref("b", 0)]), Call([Ref("b", 1)])]
    assert model.outputs == [Ref("a", 1), Ref("a", 2), Ref("a", 0)]


def test_models_inside_wrappers_too() -> None:
    shared = Layer("shared", "Dense", calls=[Call([Ref("late")]), Call([Ref("x")])])
    late = Layer("late", "Dense", calls=[Call([Ref("x")])])
    inner = Model("inner", "Functional", [_input(), shared, late], [Ref("x")], [Ref("shared", 0)])
    wrapper = Layer("steps", "TimeDistributed", calls=[Call([Ref("y")])])
    wrapper.children = {"layer": Layer("inner", "Functional", model=inner)}
    settle(Model("m", "Functional", [Layer("y", "InputLayer", calls=[Call()]), wrapper], [Ref("y")], [Ref("steps")]))
    assert inner.outputs == [Ref("shared", 1)]
