"""Every layer class that Keras exports is in the catalog, under the name that files have for it."""

from __future__ import annotations

import importlib

import pytest

from tensorflowjs.catalog.layers import find
from tensorflowjs.fitting.engine import Refusal
from tensorflowjs.fitting.rules import all_rules

pytestmark = pytest.mark.oracle

# Not layers themselves, but what layers are made from.
ABSTRACT = {"AbstractRNNCell", "InputSpec", "Layer"}
# Parts of recurrent layers, which no model has by themselves.
PARTS = {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}


def exported(library: str) -> dict[str, str]:
    """Name in `keras.layers` -> name in files, which is that of the class."""
    layers = importlib.import_module(library).layers
    classes = {name: getattr(layers, name) for name in dir(layers) if name[0].isupper()}
    return {name: value.__name__ for name, value in classes.items() if isinstance(value, type)}


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_every_class_has_a_row(library: str) -> None:
    names = exported(library)
    assert len(names) > 100
    missing = {name for pair in names.items() for name in pair if find(name) is None}
    assert missing == ABSTRACT & set(names)


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_every_class_has_a_rule(library: str) -> None:
    rules = all_rules()
    rows = [find(name) for name in exported(library).values()]
    without = {row.name for row in rows if row is not None and row.name not in rules}
    assert without <= PARTS


def test_every_rule_says_what_it_does() -> None:
    for name, rule in all_rules().items():
        assert find(name) is not None or name == "Operator", name
        assert isinstance(rule, Refusal) or (rule.__doc__ or "").strip(), name


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_rows_have_the_names_that_files_have(library: str) -> None:
    """The path of a layer's weights in a file is made of its class name, so a row must not go by another one."""
    for name in exported(library).values():
        row = find(name)
        assert row is None or row.name == name, name
