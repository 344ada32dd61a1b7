"""Every model file of every version of Keras as a graph: what TF.js computes from it is what Keras did."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError, InputError
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.lowering.ports import input_keys, output_keys
from tensorflowjs.readers import keras_archive, keras_h5
from tensorflowjs.verify import TfjsRunner, compare
from tests.fixtures_keras import Fixture, fixtures
from tests.tfjs.lowered import predict
from tests.tfjs.test_fixtures import REFUSED

MODELS = fixtures("h5", "keras")
# What layers of TF.js cannot express, but graphs can.
ONLY_AS_GRAPHS = {"tf-1.13/rnn.h5"}


def is_refused(fixture: Fixture) -> bool:
    return fixture.id not in ONLY_AS_GRAPHS and bool({fixture.id, fixture.model} & set(REFUSED))


def keys(fixture: Fixture) -> tuple[list[str], list[str]]:
    """What inputs and outputs are called in the signature, in the order of the model."""
    with ExitStack() as stack:
        model = (keras_archive if fixture.format == "keras" else keras_h5).read(fixture.path, stack)
        assert isinstance(model, LayersModel)
        return input_keys(model), output_keys(model)


@pytest.mark.parametrize("fixture", [one for one in MODELS if not is_refused(one)], ids=lambda one: one.id)
def test_it_gives_the_same_numbers(fixture: Fixture, tfjs: TfjsRunner, tmp_path: Path) -> None:
    tensorflowjs.convert(fixture.path, tmp_path, output_format="tfjs_graph_model")
    inputs, outputs = keys(fixture)
    found = predict(tfjs, tmp_path, dict(zip(inputs, fixture.xs(), strict=True)))
    comparisons = compare(fixture.float32_ys(), [found[key] for key in outputs], outputs)
    assert not [str(one) for one in comparisons if not one.ok() or one.weak]


@pytest.mark.parametrize("fixture", [one for one in MODELS if is_refused(one)], ids=lambda one: one.id)
def test_it_is_refused(fixture: Fixture, tmp_path: Path) -> None:
    with pytest.raises(ConversionError) as caught:
        tensorflowjs.convert(fixture.path, tmp_path / "out", output_format="tfjs_graph_model")
    assert "tfjs_graph_model" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_weights_alone_are_no_graph(tmp_path: Path) -> None:
    fixture = fixtures("weights")[0]
    with pytest.raises(InputError, match="weights alone"):
        tensorflowjs.convert(fixture.path, tmp_path / "out", input_format="keras", output_format="tfjs_graph_model")
