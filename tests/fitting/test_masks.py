"""Masks followed through models of Keras, and what TF.js is made to do with them."""

from __future__ import annotations

from typing import Any

import pytest

from tensorflowjs.fitting import fit
from tensorflowjs.fitting.keras_masks import flow, ignored_at_masked_steps, makes_masks
from tensorflowjs.fitting.mask_operators import UNREADABLE, Formulas
from tensorflowjs.fitting.mask_terms import ALWAYS, All, Differs, Joined, Mask, NonZero, Some, Unclear, every, some
from tensorflowjs.fitting.nested import inline
from tensorflowjs.fitting.preparation import prepare
from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.readers.keras_config import normal_config

A, B = NonZero(Ref("a")), Differs(Ref("b"), -1.0)
TF_KERAS, KERAS_3, KERAS_3_3 = "2.19.0", "3.15.1", "3.3.3"


def _layer(name: str, class_name: str, *inputs: Any, **config: Any) -> Layer:
    layer = Layer(name, class_name, normal_config(class_name, config))
    layer.calls = [Call(list(inputs))]
    return layer


def _words(*behind: Layer, outputs: list[Ref]) -> Model:
    """A model over words, embedded as `e` with a mask."""
    entry = Layer("a", "InputLayer", {"batch_shape": [None, 5], "dtype": "int32"}, [Call()])
    embedding = _layer("e", "Embedding", Ref("a"), input_dim=9, output_dim=4, mask_zero=True)
    return Model("m", "Functional", [entry, embedding, *behind], [Ref("a")], outputs)


def _mask_of(model: Model, version: str, name: str) -> Mask:
    return flow(model, int(version[0]), version).carried[Ref(name)]


# ---------------------------------------------------------------------------- formulas


def test_formulas_are_flat_and_know_always() -> None:
    assert every([A, every([A, B])]) == All(frozenset({A, B}))
    assert some([some([A, B]), A]) == Some(frozenset({A, B}))
    assert every([A, ALWAYS]) == A and some([A, ALWAYS]) == ALWAYS and every([]) == ALWAYS
    assert isinstance(every([A, Unclear("?")]), Unclear)


@pytest.mark.parametrize(
    ("class_name", "inputs", "version", "expected"),
    [
        ("Add", ["e", "d"], TF_KERAS, A),
        ("Add", ["e", "c"], TF_KERAS, A),
        ("Add", ["e", "c"], KERAS_3, None),
        ("Add", ["e", "d"], KERAS_3, A),
        ("Add", ["e", "d"], KERAS_3_3, None),
        ("Concatenate", ["e", "c"], TF_KERAS, A),
        ("Concatenate", ["e", "c"], KERAS_3, ALWAYS),
        ("Concatenate", ["c", "c"], KERAS_3, None),
    ],
)
def test_merges_differ_between_versions(class_name: str, inputs: list[str], version: str, expected: Mask) -> None:
    """`e` and `d` carry the mask, `c` behind a convolution does not."""
    layers = [
        _layer("d", "Dense", Ref("e"), units=4),
        _layer("c", "Conv1D", Ref("e"), filters=4, kernel_size=1),
        _layer("merged", class_name, [Ref(name) for name in inputs]),
    ]
    assert _mask_of(_words(*layers, outputs=[Ref("merged")]), version, "merged") == expected


def test_joined_along_time() -> None:
    layer = _layer("joined", "Concatenate", [Ref("e"), Ref("e")], axis=1)
    assert _mask_of(_words(layer, outputs=[Ref("joined")]), KERAS_3, "joined") == Joined((A, A))


def test_last_outputs_and_states_have_no_mask() -> None:
    whole = _layer("w", "LSTM", Ref("e"), units=2, return_sequences=True, return_state=True)
    last = _layer("l", "LSTM", Ref("w"), units=2)
    masks = flow(_words(whole, last, outputs=[Ref("l"), Ref("w", 0, 1)]), 2, TF_KERAS)
    assert masks.carried[Ref("w")] == A and masks.carried[Ref("l")] is None
    assert masks.carried.get(Ref("w", 0, 1)) is None
    assert masks.of_call(last, 0) == A


def test_keras_3_forgets_masks_in_calls_with_states() -> None:
    layer = _layer("l", "LSTM", Ref("e"), units=2, return_sequences=True)
    layer.calls[0].kwargs["initial_state"] = [Ref("h"), Ref("h")]
    state = Layer("h", "InputLayer", {"batch_shape": [None, 2], "dtype": "float32"}, [Call()])
    model = _words(state, layer, outputs=[Ref("l")])
    assert flow(model, 2, TF_KERAS).of_call(layer, 0) == A
    forgotten = flow(model, 3, KERAS_3)
    assert forgotten.of_call(layer, 0) is None and forgotten.carried[Ref("l")] == A


def test_time_distributed_makes_masks_in_keras_2_only() -> None:
    wrapper = _layer("t", "TimeDistributed", Ref("x"))
    wrapper.children = {"layer": _layer("inner", "Embedding", input_dim=9, output_dim=2, mask_zero=True)}
    entry = Layer("x", "InputLayer", {"batch_shape": [None, 3, 5], "dtype": "int32"}, [Call()])
    model = Model("m", "Functional", [entry, wrapper], [Ref("x")], [Ref("t")])
    assert makes_masks(model)
    assert isinstance(_mask_of(model, TF_KERAS, "t"), Unclear) and _mask_of(model, KERAS_3, "t") is None


# ---------------------------------------------------------------------------- masks that operators compute


def _show(formulas: Formulas, name: str, op: str, *args: Any, **config: Any) -> Ref:
    formulas.show(Layer(name, "Operator", {"op": op, **config}), 0, Call(list(args)))
    return Ref(name)


def test_masks_written_out_by_keras_3() -> None:
    formulas = Formulas()
    words = _show(formulas, "n", "not_equal", Ref("a"), 0)
    compared = _show(formulas, "m", "not_equal", Ref("b"), -1.0)
    steps = _show(formulas, "s", "any", compared, axis=-1)
    assert formulas.mask(words) == A and formulas.mask(steps) == B and formulas.mask(compared) == UNREADABLE
    assert formulas.mask(_show(formulas, "o", "logical_or", words, steps)) == some([A, B])


@pytest.mark.parametrize(
    ("axis", "reduce", "expected"), [(-1, "any", some([A, B])), (-1, "all", every([A, B])), (1, "any", Joined((A, B)))]
)
def test_masks_of_concatenate(axis: int, reduce: str, expected: Mask) -> None:
    formulas = Formulas()
    parts = []
    words = _show(formulas, "n", "not_equal", Ref("a"), 0)
    compared = _show(formulas, "m", "not_equal", Ref("b"), -1.0)
    for name, mask in (("1", words), ("2", _show(formulas, "s", "any", compared, axis=-1))):
        spread = _show(formulas, f"e{name}", "expand_dims", mask, axis=-1)
        zeros = _show(formulas, f"z{name}", "zeros_like", Ref("v"))
        parts.append(_show(formulas, f"o{name}", "logical_or", spread, zeros))
    joined = _show(formulas, "c", "concatenate", parts, axis=axis)
    assert formulas.mask(_show(formulas, "r", reduce, joined, axis=-1)) == expected


def test_other_operators_are_not_guessed() -> None:
    formulas = Formulas()
    assert formulas.mask(_show(formulas, "g", "greater", Ref("a"), 2)) == UNREADABLE
    assert formulas.mask(_show(formulas, "n", "not_equal", Ref("a"), 3)) == UNREADABLE
    assert formulas.mask(Ref("input")) == UNREADABLE


# ---------------------------------------------------------------------------- before fitting


def test_mask_arguments_and_what_computes_them_go() -> None:
    compared = Layer("n", "Operator", {"op": "not_equal"}, [Call([Ref("a"), 0])])
    layer = _layer("l", "LSTM", Ref("e"), units=2)
    layer.calls[0].kwargs = {"mask": Ref("n"), "training": False}
    model, masks = prepare(_words(compared, layer, outputs=[Ref("l")]), 3, KERAS_3, str, True)
    assert [layer.name for layer in model.layers] == ["a", "e", "l"]
    assert model.layer("l").calls == [Call([Ref("e")], {"training": False})]
    assert masks.of_call(layer, 0) == A


def test_nested_models_that_a_mask_enters_are_taken_apart() -> None:
    entry = Layer("y", "InputLayer", {"batch_shape": [None, 5, 4], "dtype": "float32"}, [Call()])
    inside = _layer("e", "LSTM", Ref("y"), units=2)  # the name of a layer outside
    nested = Layer("inner", "Functional", calls=[Call([Ref("e")]), Call([Ref("c")])])
    nested.model = Model("inner", "Functional", [entry, inside], [Ref("y")], [Ref("e")])
    plain = _layer("c", "Conv1D", Ref("e"), filters=4, kernel_size=1)
    outer = _words(plain, nested, outputs=[Ref("inner", 0), Ref("inner", 1)])
    model, masks = prepare(outer, 3, KERAS_3, lambda wanted: wanted, True)
    assert [layer.name for layer in model.layers] == ["a", "e", "c", "inner_e"]
    moved = model.layer("inner_e")
    assert [call.args for call in moved.calls] == [[Ref("e")], [Ref("c")]]
    assert model.outputs == [Ref("inner_e", 0), Ref("inner_e", 1)]
    assert [masks.of_call(moved, number) for number in (0, 1)] == [A, None]


def test_inlined_models_called_on_themselves() -> None:
    entry = Layer("y", "InputLayer", {"batch_shape": [None, 4], "dtype": "float32"}, [Call()])
    nested = Layer("inner", "Functional", calls=[Call([Ref("x")]), Call([Ref("inner", 0)])])
    nested.model = Model(
        "inner", "Functional", [entry, _layer("d", "Dense", Ref("y"), units=4)], [Ref("y")], [Ref("d")]
    )
    outer = Model("m", "Functional", [Layer("x", "InputLayer", {}, [Call()]), nested], [Ref("x")], [Ref("inner", 1)])
    model = inline(outer, ["inner"], str)
    assert [call.args for call in model.layer("d").calls] == [[Ref("x")], [Ref("d", 0)]]
    assert model.outputs == [Ref("d", 1)]


def test_steps_that_nothing_looks_at() -> None:
    dense = _layer("d", "Dense", Ref("e"), units=4)
    model = _words(dense, _layer("l", "LSTM", Ref("d"), units=2), outputs=[Ref("l")])
    assert ignored_at_masked_steps(model, flow(model, 3, KERAS_3), Ref("e"), A)
    model.outputs.append(Ref("d"))
    assert not ignored_at_masked_steps(model, flow(model, 3, KERAS_3), Ref("e"), A)


# ---------------------------------------------------------------------------- after fitting


def _fitted(model: Model, version: str = KERAS_3) -> dict[str, str]:
    """Names and classes of the layers that `model` becomes."""
    for layer in model.layers:
        layer.weights = {}
    root = fit(LayersModel(model, version)).root
    return {layer.name: layer.class_name for layer in root.layers}


def test_what_tfjs_does_by_itself_stays() -> None:
    model = _words(_layer("l", "LSTM", Ref("e"), units=2), outputs=[Ref("l")])
    assert _fitted(model) == {"a": "InputLayer", "e": "Embedding", "l": "LSTM"}


def test_a_layer_without_mask_gets_one_that_leaves_nothing_out() -> None:
    layers = [
        _layer("l", "LSTM", Ref("e"), units=2),
        _layer("r", "RepeatVector", Ref("l"), n=3),
        _layer("second", "LSTM", Ref("r"), units=2, return_sequences=True),
        _layer("third", "LSTM", Ref("second"), units=2),
    ]
    fitted = _fitted(_words(*layers, outputs=[Ref("third")]))
    assert {name for name, kind in fitted.items() if kind == "Masking"} == {"second_unmasked"}


def test_a_mask_that_tfjs_loses_is_given_again() -> None:
    layers = [_layer("k", "LeakyReLU", Ref("e")), _layer("l", "LSTM", Ref("k"), units=2)]
    fitted = _fitted(_words(*layers, outputs=[Ref("l")]))
    assert fitted["l_mask"] == "Masking" and fitted["l_masked"] == "Concatenate"


def test_zeros_of_both_directions_only_where_they_are_seen() -> None:
    both = _layer("b", "Bidirectional", Ref("e"))
    both.children = {
        key: _layer(name, "LSTM", units=2, return_sequences=True, go_backwards=key == "backward_layer")
        for key, name in (("forward_layer", "forward_l"), ("backward_layer", "backward_l"))
    }
    assert "b_zeroed" in _fitted(_words(both, outputs=[Ref("b")]))
    last = _layer("l", "LSTM", Ref("b"), units=2)
    assert "b_zeroed" not in _fitted(_words(both, last, outputs=[Ref("l")]))
    assert "b_zeroed" not in _fitted(_words(both, outputs=[Ref("b")]), "2.2.4")
    assert "b_zeroed" in _fitted(_words(both, outputs=[Ref("b")]), "2.2.4-tf")
