"""Recurrent layers in the real TF.js give the numbers of Keras, with every option that changes them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tensorflowjs.verify import TfjsRunner
from tests.tfjs.branches import branches, case
from tests.tfjs.parity import AssertParity, assert_refused, convert_by
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

SEQUENCES = (
    case("SimpleRNN", units=4),
    case("SimpleRNN", units=1, activation=None, use_bias=False),
    case("SimpleRNN", units=4, activation="hard_sigmoid", return_sequences=True),
    case("SimpleRNN", units=3, activation="leaky_relu", go_backwards=True),
    case("LSTM", units=4),
    case("LSTM", units=1, return_sequences=True, go_backwards=True),
    case("LSTM", units=4, activation="relu", recurrent_activation="tanh", use_bias=False, unroll=True),
    case("LSTM", units=4, recurrent_activation="hard_sigmoid"),
    case("LSTM", units=4, activation="hard_sigmoid", recurrent_activation="hard_sigmoid", return_sequences=True),
    case("LSTM", units=3, activation=None, recurrent_activation="sigmoid", unit_forget_bias=False),
    case("LSTM", units=4, dropout=0.4, recurrent_dropout=0.3, return_sequences=True),
    case("GRU", units=4),
    case("GRU", units=1, return_sequences=True, go_backwards=True),
    case("GRU", units=3, use_bias=False, dropout=0.4, recurrent_dropout=0.3),
    case("GRU", units=3, activation="softmax", recurrent_activation="hard_sigmoid"),
    case("GRU", units=3, activation="hard_sigmoid", recurrent_activation="tanh"),
    case("GRU", units=3, activation="leaky_relu", return_sequences=True),
    case("GRU", units=3, activation=None),
    case("GRU", units=4, reset_after=False),
    case("GRU", units=1, reset_after=False, return_sequences=True, go_backwards=True, use_bias=False),
    case("GRU", units=4, reset_after=False, activation="hard_sigmoid", recurrent_activation="hard_sigmoid"),
    case("GRU", units=3, reset_after=False, activation="softsign", dropout=0.4, recurrent_dropout=0.3),
)
IMAGES = (
    case("ConvLSTM2D", filters=3, kernel_size=2),
    case("ConvLSTM2D", filters=3, kernel_size=(2, 3), strides=(1, 2), return_sequences=True, use_bias=False),
    case("ConvLSTM2D", filters=2, kernel_size=3, padding="same", go_backwards=True, activation="relu"),
    case("ConvLSTM2D", filters=2, kernel_size=2, dilation_rate=2, recurrent_activation="hard_sigmoid"),
    case("ConvLSTM2D", filters=2, kernel_size=2, dropout=0.4, recurrent_dropout=0.3),
)
ROWS = (
    case("ConvLSTM1D", filters=3, kernel_size=2),
    case("ConvLSTM1D", filters=3, kernel_size=3, strides=2, padding="same", return_sequences=True),
    case("ConvLSTM1D", filters=3, kernel_size=2, dilation_rate=2, recurrent_activation="hard_sigmoid"),
)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [(6, 3), (None, 3)], ids=["fixed", "any_length"])
def test_over_sequences(assert_parity: AssertParity, library: str, shape: tuple[int | None, ...]) -> None:
    cases = [(name, options) for name, options in SEQUENCES if shape[0] or not options.get("unroll")]
    assert_parity(branches(library, shape, cases))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("shape", "cases"), [((3, 5, 6, 2), IMAGES), ((3, 7, 2), ROWS)], ids=["images", "rows"])
def test_convolved(assert_parity: AssertParity, library: str, shape: tuple[int, ...], cases: Any) -> None:
    assert_parity(branches(library, shape, cases))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("class_name", "axes", "shape"), [("ConvLSTM2D", 3, (3, 5, 6, 2)), ("ConvLSTM1D", 2, (3, 7, 2))]
)
def test_channels_first(
    tfjs: TfjsRunner, library: str, class_name: str, axes: int, shape: tuple[int, ...], tmp_path: Any
) -> None:
    """Keras itself cannot run these on every CPU: the same layers with channels last are the measure."""
    cases = [
        case(class_name, filters=3, kernel_size=2),
        case(class_name, filters=2, kernel_size=3, padding="same", return_sequences=True, strides=2),
    ]
    first = [(name, {**options, "data_format": "channels_first"}) for name, options in cases]
    measure = branches(library, shape, cases)
    model = branches(library, (shape[0], shape[-1], *shape[1:-1]), first)
    randomise_weights(measure)
    model.set_weights(measure.get_weights())
    given = random_model_inputs(measure)
    expected = [np.moveaxis(output, -1, output.ndim - axes) for output in outputs_of(measure, given)]
    convert_by(model, "keras", tmp_path / "model")
    loaded = tfjs.load(tmp_path / "model")
    actual = loaded.predict([np.moveaxis(given[0], -1, 2)])
    loaded.close()
    for one, other in zip(expected, actual, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("library", LIBRARIES)
def test_cells(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value = keras.Input((5, 3))
    stack = [layers.LSTMCell(4, dropout=0.3), layers.SimpleRNNCell(2), layers.GRUCell(3, reset_after=False)]
    outputs = [
        layers.RNN(layers.LSTMCell(4, recurrent_activation="hard_sigmoid"))(value),
        layers.RNN([layers.LSTMCell(3)], return_sequences=True)(value),
        layers.RNN(stack, return_sequences=True, go_backwards=True)(value),
        *layers.RNN(layers.GRUCell(2, reset_after=False), return_state=True)(value),
    ]
    assert_parity(keras.Model(value, outputs))


@pytest.mark.parametrize("library", LIBRARIES)
def test_states_out_and_in(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value = keras.Input((5, 3))
    whole, hidden, carry = layers.LSTM(4, return_sequences=True, return_state=True)(value)
    again = layers.LSTM(4, return_sequences=True)(whole, initial_state=[hidden, carry])
    last = layers.LSTM(4)(again, initial_state=[carry, hidden])
    simple = layers.SimpleRNN(4)(value, initial_state=hidden)
    _, state = layers.GRU(2, reset_after=False, return_state=True)(value)
    assert_parity(
        keras.Model(value, [again, last, simple, layers.GRU(2, reset_after=False)(value, initial_state=state)])
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_states_of_stacked_cells(assert_parity: AssertParity, library: str) -> None:
    """TF.js counts them from the last cell."""
    keras = importlib.import_module(library)
    layers = keras.layers

    def cells() -> list[Any]:
        return [layers.LSTMCell(4), layers.GRUCell(3, reset_after=False), layers.SimpleRNNCell(2)]

    value = keras.Input((5, 3))
    result, *states = layers.RNN(cells(), return_state=True)(value)
    again = layers.RNN(cells())(value, initial_state=list(states))
    flat = [state for group in states for state in (group if isinstance(group, list | tuple) else [group])]
    assert_parity(keras.Model(value, [result, *flat, again]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_states_inside_a_nested_model(assert_parity: AssertParity, library: str) -> None:
    """TF.js would hand them to the next layer there, so the nested model is taken apart."""
    keras = importlib.import_module(library)
    layers = keras.layers
    inner_value, inner_hidden, inner_carry = keras.Input((5, 4)), keras.Input((4,)), keras.Input((4,))
    inside = layers.LSTM(4, return_sequences=True)(inner_value, initial_state=[inner_hidden, inner_carry])
    inner = keras.Model([inner_value, inner_hidden, inner_carry], layers.LSTM(3)(inside))
    value = keras.Input((5, 3))
    whole, hidden, carry = layers.LSTM(4, return_sequences=True, return_state=True)(value)
    assert_parity(keras.Model(value, [inner([whole, hidden, carry]), inner([whole, carry, hidden])]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_stateful(tfjs: TfjsRunner, library: str, tmp_path: Any) -> None:
    """The state of one batch is where the next begins."""
    keras = importlib.import_module(library)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((4, 3), batch_size=2),
        layers.LSTM(4, stateful=True, return_sequences=True),
        layers.GRU(3, stateful=True, reset_after=False),
    ])  # fmt: skip
    randomise_weights(model)
    batches = [random_model_inputs(model, seed=seed) for seed in range(3)]
    expected = [outputs_of(model, batch)[0] for batch in batches]
    for layer in model.layers:
        (layer.reset_state if hasattr(layer, "reset_state") else layer.reset_states)()
    convert_by(model, "keras", tmp_path / "model")
    loaded = tfjs.load(tmp_path / "model", backend="cpu")
    actual = [loaded.predict(batch)[0] for batch in batches]
    loaded.close()
    for one, other in zip(expected, actual, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)
    assert not np.allclose(expected[0], expected[1], atol=1e-2)


def _refused(library: str, class_name: str, **arguments: Any) -> Any:
    return branches(library, arguments.pop("shape", (5, 3)), [case(class_name, **arguments)])


REFUSED = {
    "reset_after": (case("GRU", units=2, activation="exponential"), "activation exponential"),
    "exponential": (case("LSTM", units=2, activation="exponential"), "activation=exponential"),
    "volume": (case("ConvLSTM3D", filters=2, kernel_size=1, shape=(2, 2, 2, 2, 1)), "ConvLSTM3D"),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", REFUSED)
def test_refused(library: str, name: str) -> None:
    (class_name, arguments), needle = REFUSED[name]
    assert_refused(_refused(library, class_name, **arguments), needle, class_name, routes=["live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_reset_after_inside_others(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value, frames, ids = keras.Input((4, 2)), keras.Input((3, 4, 2)), keras.Input((4,), dtype="int32")
    words = layers.Embedding(6, 2, mask_zero=True)(ids)
    whole, state = layers.GRU(3, return_sequences=True, return_state=True)(value)
    outputs = [
        state,
        layers.GRU(3)(whole, initial_state=state),
        layers.RNN([layers.GRUCell(3), layers.LSTMCell(2), layers.GRUCell(4)], return_sequences=True)(value),
        layers.RNN(layers.GRUCell(3))(value),
        layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="ave")(value),
        layers.TimeDistributed(layers.GRU(2))(frames),
        layers.GRU(3, return_sequences=True)(words),
        layers.Bidirectional(layers.GRU(2, return_sequences=True))(words),
    ]
    random = np.random.default_rng(0)
    given = [random.standard_normal(shape).astype("float32") for shape in ((3, 4, 2), (3, 3, 4, 2))]
    assert_parity(
        keras.Model([value, frames, ids], outputs), [*given, np.array([[1, 0, 2, 3], [0, 4, 5, 0], [1, 2, 3, 4]])]
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_reset_after_with_states_kept(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    model = keras.Sequential([keras.Input((4, 3), batch_size=3), keras.layers.GRU(4, stateful=True)])
    given = np.random.default_rng(0).standard_normal((3, 4, 3)).astype("float32")
    assert_parity(model, given, routes=["keras"], backends=["cpu"], graph=False)


def test_time_major_is_refused() -> None:
    import tf_keras

    model = tf_keras.Sequential([tf_keras.Input((4, 2)), tf_keras.layers.LSTM(2, time_major=True)])
    assert_refused(model, "time_major=True", routes=["live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_states_of_convolutions_are_refused(library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((2, 3, 3, 1))
    _, *states = keras.layers.ConvLSTM2D(2, 1, return_state=True)(value)
    model = keras.Model(value, keras.layers.ConvLSTM2D(2, 1)(value, initial_state=list(states)))
    assert_refused(model, "an initial state", routes=["live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_several_outputs_of_a_stateful_layer_are_refused(library: str) -> None:
    """TF.js runs a layer once for each of its outputs that is used."""
    keras = importlib.import_module(library)
    value = keras.Input((2, 3), batch_size=2)
    outputs = list(keras.layers.LSTM(2, stateful=True, return_state=True)(value))
    assert_refused(keras.Model(value, outputs), "stateful=True", routes=["live"])
