"""Configurations of layers as TF.js keeps them, in the words of Keras.

TF.js takes names in camel case as well as with underscores, saves the latter, and fills in what a file leaves out
with defaults of its own, which here and there are not those of Keras.
"""

from __future__ import annotations

import re
from typing import Any

from tensorflowjs.ir.layers import Config

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
# Values of arguments that are words of TF.js. Other texts are names, which stay as they are.
_WORDS = frozenset({
    "channelsFirst", "channelsLast", "fanAvg", "fanIn", "fanOut", "hardSigmoid", "logSoftmax", "multiHot", "oneHot",
    "truncatedNormal",
})  # fmt: skip
_NAMES = ("name", "class_name")

_GATED = {"recurrent_activation": "hard_sigmoid"}
# What TF.js takes where Keras would take something else.
_DEFAULTS: dict[str, Config] = {
    **dict.fromkeys(("LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D"), _GATED),
    "Softmax": {"axis": 1},
}
# Arguments that may be null and mean something then.
_MEANT = frozenset({"activation", "recurrent_activation", "merge_mode", "batch_input_shape", "input_shape"})
_NO_ACTIVATION = {"SimpleRNN": "tanh", "SimpleRNNCell": "tanh"}


def in_keras_words(value: Any, key: str = "") -> Any:
    """A topology with all keys, and the words among the values, spelt as Keras does."""
    if isinstance(value, dict):
        named = ((snake_case(name), item) for name, item in value.items())
        return {name: in_keras_words(item, name) for name, item in named}
    if isinstance(value, list):
        return [in_keras_words(item, key) for item in value]
    if isinstance(value, str) and value in _WORDS and key not in _NAMES:
        return snake_case(value)
    return value


def snake_case(text: str) -> str:
    """`batchInputShape` -> `batch_input_shape`, `beta1` and what has no humps as it is."""
    return _HUMP.sub(r"_\1", text).lower() if _HUMP.search(text) else text


def complete(value: Any) -> Any:
    """A topology whose layers say what TF.js would take for what they leave out."""
    if isinstance(value, list):
        return [complete(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: complete(item) for key, item in value.items()}
    name, config = found.get("class_name"), found.get("config")
    if isinstance(name, str) and isinstance(config, dict):
        found["config"] = _completed(name, config)
    return found


def _completed(class_name: str, config: Config) -> Config:
    said = {key: item for key, item in config.items() if item is not None or key in _MEANT}
    if class_name == "RNN" and "cell" in said:
        said.pop("cells", None)  # TF.js saves a list of cells twice: as that, and as the one cell it makes of them
    for key in ("activation", "recurrent_activation"):
        if key in said and said[key] is None:
            said[key] = _NO_ACTIVATION.get(class_name, "linear")
    return {**_DEFAULTS.get(class_name, {}), **said}
