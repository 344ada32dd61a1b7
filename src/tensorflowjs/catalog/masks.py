"""Which layers make, use and hand on masks: in Keras, by version, and in TF.js.

A mask says which time steps count. Keras hands it from layer to layer beside the values; every class either
hands it on, ends it, or makes a new one. TF.js does so too, but not with the same classes.
"""

from __future__ import annotations

# Classes of the same values at every step, which hand their mask on in all versions of Keras.
KEEP = frozenset({
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dense", "Dropout", "ELU",
    "GaussianDropout", "GaussianNoise", "GroupNormalization", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU",
    "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "ThresholdedReLU", "UnitNormalization",
})  # fmt: skip
KEEP_IN_KERAS_3 = KEEP | {"Identity", "Rescaling", "Normalization"}

# Those of TF.js; others end a mask.
KEEP_IN_TFJS = frozenset({
    "Activation", "AlphaDropout", "BatchNormalization", "Dense", "Dropout", "GaussianDropout", "GaussianNoise",
    "LayerNormalization", "PReLU", "ReLU", "SpatialDropout1D", "TimeDistributed",
})  # fmt: skip

RECURRENT = frozenset({
    "SimpleRNN", "LSTM", "GRU", "RNN", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
    "Bidirectional",
})  # fmt: skip

# Elementwise merges of several inputs.
MERGES = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})

# Those that take queries, values and keys, each perhaps with a mask.
ATTENTION = frozenset({"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupedQueryAttention"})

# Classes whose numbers depend on a mask, besides those that are recurrent.
USE = ATTENTION | {"GlobalAveragePooling1D", "Softmax"}

# From Keras 3.4 on these compute with the masks of their inputs.
USE_FROM_3_4 = frozenset({"Multiply", "Maximum", "Minimum"})

# Names of the arguments of a call that are masks.
ARGUMENTS = ("mask", "query_mask", "value_mask", "key_mask")


def keeps(class_name: str, generation: int) -> bool:
    return class_name in (KEEP_IN_KERAS_3 if generation == 3 else KEEP)


def version(text: str) -> tuple[int, int]:
    """Major and minor number of a version of Keras; what cannot be read counts as the newest of its line."""
    numbers = text.split(".")
    try:
        return int(numbers[0]), int(numbers[1])
    except (IndexError, ValueError):
        return (3, 99) if text.startswith("3") else (2, 99)


def merges_any(keras_version: str) -> bool:
    """Whether a step counts after a merge if it counts in any input; in Keras 2 it has to in all."""
    return version(keras_version) >= (3, 4)


def reaches_heads(keras_version: str) -> bool:
    """Whether MultiHeadAttention uses the masks of its inputs, and hands on that of the query."""
    return version(keras_version) >= (2, 10)


def heads_take_masks_off(keras_version: str) -> bool:
    """Whether MultiHeadAttention takes the masks off its inputs, so that layers called later do not see them."""
    return version(keras_version) >= (3, 8)


def lists_keep_masks(keras_version: str) -> bool:
    """Whether a layer that takes a list hands a mask on; Keras 3 had no eye for masks in lists before 3.4."""
    return not (3, 0) <= version(keras_version) < (3, 4)


def outputs_start_at_zero(keras_version: str) -> bool:
    """Whether the last output counts as zero until the first step that counts, whatever the initial state was.

    In TF.js, and in Keras before 2.3, the state counts as the last output.
    """
    return _is_of_tensorflow(keras_version) or version(keras_version) >= (2, 3)


def zeroes_both_directions(keras_version: str) -> bool:
    """Whether Bidirectional gives zeros at masked steps, as it does since it is a part of TensorFlow."""
    return _is_of_tensorflow(keras_version) or version(keras_version) >= (2, 4)


def _is_of_tensorflow(keras_version: str) -> bool:
    return keras_version.endswith("-tf")
