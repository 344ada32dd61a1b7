"""What a TF.js model is compiled with, in the words of Keras: optimizer, loss and metrics.

Whatever has no counterpart is left out with a note, since nothing of it is needed to predict.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog import training
from tensorflowjs.ir.layers import Config
from tensorflowjs.writers.keras_layers import KERAS_3, named_object

# TF.js's optimizers: Keras' class, and Keras' names of the arguments that are called otherwise.
_OPTIMIZERS: dict[str, tuple[str, dict[str, str]]] = {
    "SGD": ("SGD", {}),
    "Momentum": ("SGD", {"use_nesterov": "nesterov"}),
    "Adam": ("Adam", {}),
    "Adamax": ("Adamax", {}),
    "Adagrad": ("Adagrad", {}),
    "Adadelta": ("Adadelta", {}),
    "RMSProp": ("RMSprop", {"decay": "rho"}),
}
# As TF.js saves arguments; files that converters wrote have those of Keras.
_SPELT = {
    "learningRate": "learning_rate", "beta1": "beta_1", "beta2": "beta_2", "useNesterov": "use_nesterov",
    "initialAccumulatorValue": "initial_accumulator_value",
}  # fmt: skip
_ARGUMENTS = frozenset({
    "learning_rate", "beta_1", "beta_2", "epsilon", "momentum", "nesterov", "rho", "centered",
    "initial_accumulator_value",
})  # fmt: skip
# Names that both Keras 2 and Keras 3 know, where TF.js's is an older one.
_LOSSES = {
    "kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh", "cosine_proximity": "cosine_similarity",
}  # fmt: skip
_RESOLVED_BY_KERAS = ("accuracy", "acc", "crossentropy", "ce")


def fitted(config: Config | None, reader: int) -> Config | None:
    """The training configuration as a file for `reader` holds it; None if there is none, or it says too little."""
    if not config:
        return None
    optimizer, loss = _optimizer(config.get("optimizer_config"), reader), _loss(config.get("loss"))
    if optimizer is None or loss is None:
        events.note("what the model was compiled with is left out: Keras has no such optimizer or loss")
        return None
    common: Config = {"loss": loss, "metrics": _metrics(config.get("metrics")), "loss_weights": None}
    common["weighted_metrics"] = None
    if reader == KERAS_3:
        return {"optimizer": optimizer, **common}
    return {"optimizer_config": optimizer, **common, "sample_weight_mode": None}


def _optimizer(given: Any, reader: int) -> Config | None:
    row = _OPTIMIZERS.get(str(given.get("class_name"))) if isinstance(given, dict) else None
    if row is None or not isinstance(given.get("config"), dict):
        return None
    class_name, renamed = row
    spelt = {_SPELT.get(key, key): value for key, value in given["config"].items()}
    config = {renamed.get(key, key): value for key, value in spelt.items() if value is not None}
    known = {key: value for key, value in config.items() if key in _ARGUMENTS}
    return named_object(class_name, known, "optimizers", reader)


def _loss(given: Any) -> Any:
    """A loss, or several by output; None if one of them is unknown."""
    if isinstance(given, list):
        found = [_loss(item) for item in given]
        return None if None in found else found
    if isinstance(given, dict):
        named = {key: _loss(item) for key, item in given.items()}
        return None if None in named.values() else named
    row = training.loss(given) if isinstance(given, str) else None
    return None if row is None else _LOSSES.get(row.tfjs, row.tfjs)


def _metrics(given: Any) -> list[str]:
    names = given if isinstance(given, list) else []
    known = [name for name in names if name in _RESOLVED_BY_KERAS or _is_metric(name)]
    if len(known) != len(names) or (given and not isinstance(given, list)):
        events.note("some metrics are left out: Keras has none of these names")
    return known


def _is_metric(name: Any) -> bool:
    return isinstance(name, str) and training.metric(name) is not None
