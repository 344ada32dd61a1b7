"""Every layer class that Keras exports can be written as a graph, or there is a reason why not."""

from __future__ import annotations

import importlib

import pytest

from tensorflowjs.catalog.layers import find
from tensorflowjs.lowering.engine import Refusal
from tensorflowjs.lowering.tables import FAMILIES, all_functions

pytestmark = pytest.mark.oracle

# Not layers themselves, but what layers are made from; and inputs, which stand in the signature.
NO_LAYERS = {"AbstractRNNCell", "InputSpec", "Layer", "InputLayer"}
REFUSED = {
    "ContrastLimitedAdaptiveHistogramEqualization", "DenseFeatures", "Equalization", "FlaxLayer", "HashedCrossing",
    "Hashing", "JaxLayer", "Lambda", "MaxNumBoundingBoxes", "MelSpectrogram", "Pipeline", "STFTSpectrogram",
    "SequenceFeatures", "TFSMLayer", "TextVectorization", "TorchModuleWrapper", "Wrapper",
}  # fmt: skip


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_every_class(library: str) -> None:
    layers = importlib.import_module(library).layers
    classes = [getattr(layers, name) for name in dir(layers) if name[0].isupper()]
    names = {value.__name__ for value in classes if isinstance(value, type)} - NO_LAYERS
    functions = all_functions()
    found = {name: functions.get(row.name) if (row := find(name)) else None for name in names}
    assert {name for name, function in found.items() if function is None} == set()
    assert {name for name, function in found.items() if isinstance(function, Refusal)} <= REFUSED


def test_no_class_stands_in_two_tables() -> None:
    names = [name for family in FAMILIES for name in family]
    assert len(names) == len(set(names))
