"""Layer names become what TF.js accepts, each of them once, and as few as possible change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorflowjs.events import Note, listening
from tensorflowjs.fitting.names import rename, valid
from tensorflowjs.ir.layers import Call, Layer, Model, Ref

TENSOR_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._/]*")  # of TF.js


def chain(*names: str | Model, name: str = "model") -> Model:
    """A model that calls layers of these names one after another; a Model stands for itself as a layer."""
    layers = [Layer("in", "InputLayer", calls=[Call()])]
    for item in names:
        inner = item if isinstance(item, Model) else None
        own = inner.name if inner else str(item)
        layers.append(Layer(own, "Dense", calls=[Call([Ref(layers[-1].name)])], model=inner))
    return Model(name, "Functional", layers, [Ref("in")], [Ref(layers[-1].name)])


def names(model: Model) -> list[str]:
    return [layer.name for layer in model.layers[1:]]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("dense", "dense"),
        ("a b", "a_b"),
        ("_x", "layer_x"),
        ("/x", "layer/x"),
        ("ü", "layer_"),
        ("", "layer"),
        ("0", "0"),
    ],
)
def test_valid(name: str, plain: str) -> None:
    assert valid(name) == plain
    assert TENSOR_NAME.fullmatch(plain)


@given(st.text())
def test_valid_is_valid_and_stays(name: str) -> None:
    assert TENSOR_NAME.fullmatch(valid(name))
    assert valid(valid(name)) == valid(name)


@given(st.lists(st.sampled_from(["a", "a_1", "a b", "a_b", "_", "x/y", "é", "è"]), max_size=8, unique=True))
def test_all_become_different_and_good_ones_stay(given_names: list[str]) -> None:
    model = chain(*given_names, chain(*given_names, name="inner"))
    inner = model.layers[-1].model
    assert inner is not None
    rename(model)
    found = [layer.name for layer in [*model.layers, *inner.layers]]
    assert len(set(found)) == len(found) and all(TENSOR_NAME.fullmatch(name) for name in found)
    kept = [(old, new) for old, new in zip([*given_names, "inner"], names(model), strict=True) if old == new]
    assert [old for old, _ in kept] == [name for name in [*given_names, "inner"] if valid(name) == name]


def test_a_name_that_is_fine_is_not_taken_by_one_that_has_to_change() -> None:
    model = chain("a b", "a_b", "a_b_1")
    rename(model)
    assert names(model) == ["a_b_2", "a_b", "a_b_1"]


def test_references_follow() -> None:
    model = chain("a b", "c d")
    rename(model)
    assert model.layers[2].calls[0].inputs == [Ref("a_b")]
    assert model.outputs == [Ref("c_d")]


def test_outer_names_stay_before_inner_ones() -> None:
    inner = chain("same", name="inner")
    model = chain(inner, "same")
    rename(model)
    assert names(model) == ["inner", "same"] and names(inner) == ["same_1"]


def test_a_model_is_called_like_the_layer_it_is() -> None:
    inner = chain("x", name="in ner")
    model = chain(inner)
    rename(model)
    assert inner.name == model.layers[1].name == "in_ner"


def test_each_change_is_noted() -> None:
    notes = []
    with listening(lambda event: notes.append(event)):
        rename(chain("fine", "a b"))
    assert [note.where for note in notes if isinstance(note, Note)] == ["a b"]
    assert 'renamed to "a_b"' in notes[0].text
