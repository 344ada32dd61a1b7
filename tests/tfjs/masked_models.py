"""Random small models in which masks are made, handed on, merged, lost and used in every way that Keras allows.

One seed gives the same model in Keras 3 and in tf_keras, as far as both can build it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS, FEATURES, WORDS = 5, 4, 7
VALUE = -1.0  # what Masking looks for


@dataclass
class Draft:
    """A model in the making: its inputs, and the values that may be used further."""

    keras: Any
    random: np.random.Generator
    inputs: list[Any] = field(default_factory=list)
    sequences: list[Any] = field(default_factory=list)
    vectors: list[Any] = field(default_factory=list)
    used: list[Any] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def layers(self) -> Any:
        return self.keras.layers

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def pick(self, options: Any) -> Any:
        return options[int(self.random.integers(len(options)))]

    def take(self, values: list[Any]) -> Any:
        """One of `values`, rather a new one; it may be taken again."""
        value = values[-1] if self.chance(0.6) else self.pick(values)
        self.used.append(value)
        return value

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        self.log.append(f"{layer.name}({', '.join(getattr(arg, 'name', '...') for arg in args)})")
        return layer(*args, **kwargs)


def words(draft: Draft) -> None:
    ids = draft.keras.Input((STEPS,), dtype="int32")
    draft.inputs.append(ids)
    layer = draft.layers.Embedding(WORDS, FEATURES, mask_zero=draft.chance(0.8))
    draft.sequences.append(draft.call(layer, ids))


def numbers(draft: Draft) -> None:
    values = draft.keras.Input((STEPS, FEATURES))
    draft.inputs.append(values)
    layer = draft.layers.Masking(draft.pick([VALUE, 0.0]))
    draft.sequences.append(draft.call(layer, values) if draft.chance(0.6) else values)


def plain(draft: Draft) -> None:
    """A layer that computes nothing with a mask."""
    layers = draft.layers
    made = draft.pick([
        lambda: layers.Dense(FEATURES, activation="tanh"),
        lambda: layers.Dropout(0.3),
        lambda: layers.Activation("relu"),
        lambda: layers.LeakyReLU(),
        lambda: layers.Conv1D(FEATURES, 2, padding="same"),
        lambda: layers.TimeDistributed(layers.Dense(FEATURES)),
        lambda: layers.BatchNormalization(),
        lambda: layers.LayerNormalization(),
        lambda: layers.SpatialDropout1D(0.3),
        lambda: layers.Reshape((STEPS, FEATURES)),
        lambda: layers.Masking(VALUE),
        lambda: layers.Rescaling(0.5, 0.1),
        lambda: layers.PReLU(),
    ])()  # fmt: skip
    draft.sequences.append(draft.call(made, draft.take(draft.sequences)))


def recurrent(draft: Draft) -> None:
    whole = draft.chance(0.6)
    layer = _recurrent(draft, FEATURES, return_sequences=whole, go_backwards=draft.chance(0.2))
    result = draft.call(layer, draft.take(draft.sequences))
    (draft.sequences if whole else draft.vectors).append(result)


def _recurrent(draft: Draft, units: int, **arguments: Any) -> Any:
    layers = draft.layers
    kind = draft.pick(["LSTM", "GRU", "SimpleRNN", "RNN"])
    if kind == "GRU":
        return layers.GRU(units, reset_after=draft.chance(0.5), **arguments)
    if kind == "RNN":
        return layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(units)], **arguments)
    if draft.chance(0.2) and arguments["return_sequences"]:
        arguments["zero_output_for_mask"] = True
    return getattr(layers, kind)(units, **arguments)


def both_ways(draft: Draft) -> None:
    whole, layers = draft.chance(0.7), draft.layers
    mode = draft.pick(["sum", "mul", "ave", "concat"])
    units = FEATURES // 2 if mode == "concat" else FEATURES
    inner = _recurrent(draft, units, return_sequences=whole)
    result = draft.call(layers.Bidirectional(inner, merge_mode=mode), draft.take(draft.sequences))
    (draft.sequences if whole else draft.vectors).append(result)


def merge(draft: Draft) -> None:
    layers = draft.layers
    kind = draft.pick(["Add", "Multiply", "Average", "Maximum", "Subtract", "Concatenate", "Concatenate"])
    values = [draft.take(draft.sequences) for _ in range(2)]
    if kind in ("Add", "Multiply", "Average") and draft.chance(0.3):
        values.append(draft.take(draft.sequences))
    result = draft.call(getattr(layers, kind)(), values)
    if kind == "Concatenate":
        result = draft.call(layers.Dense(FEATURES), result)
    draft.sequences.append(result)


def pool(draft: Draft) -> None:
    layers = draft.layers
    kind = draft.pick(["GlobalAveragePooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten"])
    draft.vectors.append(draft.call(getattr(layers, kind)(), draft.take(draft.sequences)))


def repeat(draft: Draft) -> None:
    if draft.vectors:
        draft.sequences.append(draft.call(draft.layers.RepeatVector(STEPS), draft.take(draft.vectors)))
        if draft.sequences[-1].shape[-1] != FEATURES:
            draft.sequences[-1] = draft.call(draft.layers.Dense(FEATURES), draft.sequences[-1])


def nested(draft: Draft) -> None:
    """A model around some layers, with a mask of its own or not."""
    keras, layers = draft.keras, draft.layers
    whole = draft.chance(0.6)
    inside = [layers.Dense(FEATURES), _recurrent(draft, FEATURES, return_sequences=whole)]
    if draft.chance(0.3):
        inside.insert(0, layers.Masking(0.0))
    if draft.chance(0.3):
        inside.append(layers.Activation("tanh"))
    model = keras.Sequential([keras.Input((STEPS, FEATURES)), *inside])
    for _ in range(2 if draft.chance(0.3) else 1):
        result = draft.call(model, draft.take(draft.sequences))
        (draft.sequences if whole else draft.vectors).append(result)


def with_states(draft: Draft) -> None:
    """A recurrent layer that starts where another one ended."""
    layers, whole = draft.layers, draft.chance(0.6)
    first = layers.LSTM(FEATURES, return_state=True)
    _, *states = draft.call(first, draft.take(draft.sequences))
    second = layers.LSTM(FEATURES, return_sequences=whole)
    result = draft.call(second, draft.take(draft.sequences), initial_state=list(states))
    (draft.sequences if whole else draft.vectors).append(result)


def inside_steps(draft: Draft) -> None:
    """A recurrent layer over the features of each step."""
    layers = draft.layers
    grid = draft.call(layers.Reshape((STEPS, 2, FEATURES // 2)), draft.take(draft.sequences))
    draft.sequences.append(
        draft.call(layers.TimeDistributed(_recurrent(draft, FEATURES, return_sequences=False)), grid)
    )


def lengthen(draft: Draft) -> None:
    """Sequences one behind the other, which Keras 2 cannot do if only one has a mask."""
    layers = draft.layers
    before = list(draft.used)
    try:
        long = draft.call(layers.Concatenate(axis=1), [draft.take(draft.sequences) for _ in range(2)])
    except ValueError:
        draft.used = before
    else:
        draft.vectors.append(draft.call(_recurrent(draft, FEATURES, return_sequences=False), long))


def attend(draft: Draft) -> None:
    made = draft.layers.Attention() if draft.chance(0.6) else draft.layers.AdditiveAttention()
    draft.sequences.append(draft.call(made, [draft.take(draft.sequences) for _ in range(2)]))


def shared(draft: Draft) -> None:
    """One recurrent layer on two sequences."""
    layer = _recurrent(draft, FEATURES, return_sequences=True)
    for _ in range(2):
        draft.sequences.append(draft.call(layer, draft.take(draft.sequences)))


STEPS_TO_TAKE: list[tuple[Callable[[Draft], None], int]] = [
    (words, 1), (numbers, 1), (plain, 4), (recurrent, 4), (both_ways, 2), (merge, 3), (pool, 2), (repeat, 2),
    (nested, 1), (with_states, 1), (shared, 1), (inside_steps, 1), (lengthen, 1), (attend, 1),
]  # fmt: skip


def random_model(keras: Any, seed: int) -> tuple[Any, list[NDArray[Any]], list[str]]:
    """A model, inputs for it with many masked steps, and the calls it is made of."""
    keras.utils.set_random_seed(seed)
    draft = Draft(keras, np.random.default_rng(seed))
    draft.pick([words, numbers, words])(draft)
    takes = [step for step, weight in STEPS_TO_TAKE for _ in range(weight)]
    for _ in range(int(draft.random.integers(2, 9))):
        draft.pick(takes)(draft)
    ends = [value for value in [*draft.vectors, *draft.sequences] if not any(value is used for used in draft.used)]
    model = keras.Model(draft.inputs, ends[-4:])
    given = [_masked_values(draft.random, tensor) for tensor in model.inputs]
    return model, given, draft.log


def _masked_values(random: np.random.Generator, tensor: Any) -> NDArray[Any]:
    """Values with masked steps in front, behind and in between; one sample has none."""
    left_out = random.random((4, STEPS)) < 0.4
    left_out[0] = False
    left_out[1] = [True, True, False, False, False]
    if len(tensor.shape) == 2:
        ids = random.integers(1, WORDS, (4, STEPS)).astype("int32")
        ids[left_out] = 0
        return ids
    values = random.standard_normal((4, STEPS, FEATURES)).astype("float32")
    values[left_out] = VALUE
    values[2, 3] = 0.0
    return values
