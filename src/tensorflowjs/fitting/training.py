"""Turns the compile configuration that Keras saved into the `trainingConfig` that TF.js accepts.

TF.js compiles a model while loading it, and whatever it does not understand there makes the whole load fail. So
only what it surely takes is written, in one form for all versions; the rest is left out and noted. Inference never
needs any of it: without optimizer and loss the model simply loads uncompiled, as it always does before TF.js 3.8,
which does not read the configuration from files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tensorflowjs import events
from tensorflowjs.catalog import training as catalog
from tensorflowjs.catalog.schema import Shape
from tensorflowjs.fitting.compiled import Inexpressible, Named, Outputs, flat, identify, per_output, refuse_custom
from tensorflowjs.ir.layers import Config

WHERE = "training configuration"

_ACCURACY = frozenset({"accuracy", "acc"})
_CROSSENTROPY = frozenset({"crossentropy", "ce"})


def fit_training(
    config: Config | None,
    output_names: Sequence[str],
    *,
    output_keys: Sequence[str] | None = None,
    output_shapes: Sequence[Shape] = (),
    generation: int = 3,
) -> Config | None:
    """The top-level `trainingConfig` for a model compiled as `config` says; None if TF.js has no equal.

    `config` is what Keras wrote: the `training_config` of an HDF5 file or the `compile_config` of an archive.
    `output_names` are the names in TF.js, in order; `output_keys` what Keras calls the same outputs where that
    differs. `output_shapes`, where known, tell what "accuracy" means. `generation` is 2 for Keras 2 and tf_keras.
    """
    if not config:
        return None
    outputs = Outputs(output_names, output_keys or output_names, output_shapes, generation)
    notes: list[str] = []
    problems: list[str] = []
    optimizer: Config = {}
    losses: list[str] = []
    try:
        optimizer = _optimizer(config.get("optimizer_config") or config.get("optimizer"), notes)
    except Inexpressible as problem:
        problems.append(str(problem))
    try:
        losses = _losses(config.get("loss"), outputs, notes)
    except Inexpressible as problem:
        problems.append(str(problem))
    if problems:
        events.note(
            f"left out, because {' and '.join(problems)}: "
            "the model loads uncompiled; call model.compile() before training",
            WHERE,
        )
        return None
    metrics = _metrics(config.get("metrics"), losses, outputs, notes, "run_eagerly" in config)
    notes.extend(_other_losses(config, outputs))
    for text in notes:
        events.note(text, WHERE)
    return {
        "optimizer_config": optimizer,
        "loss": losses[0] if len(set(losses)) == 1 else losses,
        "metrics": metrics,
    }


# ---- optimizer -----------------------------------------------------------------------------------------------


def _optimizer(saved: Any, notes: list[str]) -> Config:
    class_name, config = _optimizer_class(saved)
    row = catalog.optimizer(class_name, config)
    if row is None:
        raise Inexpressible(f"TF.js has no optimizer {class_name}")
    config = {**row.implied, **config}
    fitted: Config = {"learning_rate": _learning_rate(config, row.learning_rate, notes)}
    for setting in row.settings:
        value = _setting(setting, config)
        if setting is not catalog.EPSILON or value != catalog.USUAL_EPSILON:
            fitted[setting.tfjs] = value
    lacking = [key for key, off in catalog.LACKING.items() if config.get(key) not in (*off, None)]
    if lacking:
        notes.append(
            f"the optimizer {class_name} is written without {', '.join(lacking)}, "
            "which TF.js lacks: training in TF.js differs from Keras"
        )
    notes.extend(f"{row.text} (optimizer {class_name})" for row in row.differences if row.when(config))
    return {"class_name": row.tfjs, "config": fitted}


def _optimizer_class(saved: Any) -> tuple[str, Config]:
    """Class and arguments of the optimizer itself, out of any wrapper."""
    if isinstance(saved, str):
        return saved, {}
    if not isinstance(saved, dict) or not isinstance(saved.get("class_name"), str):
        raise Inexpressible("it names no optimizer")
    config = saved.get("config")
    config = config if isinstance(config, dict) else {}
    class_name: str = saved["class_name"]
    if class_name in catalog.LOSS_SCALERS:
        return _optimizer_class(next((config[key] for key in catalog.WRAPPED_OPTIMIZER_KEYS if key in config), None))
    refuse_custom("optimizer", saved)
    # Keras 2.11 to 2.14 wrote its own new optimizers to HDF5 as if they were custom.
    return class_name.removeprefix("Custom>"), config


def _setting(setting: catalog.Setting, config: Config) -> float | bool:
    if setting.keras not in config and setting.missing is not None and catalog.is_legacy(config):
        return setting.missing
    value = config.get(setting.keras)
    if value is None:
        return setting.default
    return bool(value) if isinstance(setting.default, bool) else _number(setting.keras, value)


def _learning_rate(config: Config, default: float, notes: list[str]) -> float:
    rate = config.get("learning_rate", config.get("lr", default))
    if not isinstance(rate, dict):
        return _number("learning_rate", rate)
    name, options = rate.get("class_name"), rate.get("config")
    initial = _number("learning_rate", _initial_rate(options if isinstance(options, dict) else {}))
    notes.append(f"the learning rate follows a schedule in Keras ({name}); TF.js has none and keeps {initial:g}")
    return initial


def _initial_rate(schedule: Config) -> Any:
    """The rate a schedule starts with, or warms up to."""
    values = schedule.get("values")
    if isinstance(values, list) and values:
        return values[0]
    if schedule.get("warmup_target") is not None and schedule.get("warmup_steps"):
        return schedule["warmup_target"]
    return schedule.get("initial_learning_rate")


def _number(name: str, value: Any) -> float:
    """`value` as a number, without the digits it got by passing through float32."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Inexpressible(f"the optimizer's {name} is not a number")
    with np.errstate(over="ignore"):
        single = np.float32(number)
    return float(str(single)) if float(single) == number else number


# ---- losses --------------------------------------------------------------------------------------------------


def _losses(saved: Any, outputs: Outputs, notes: list[str]) -> list[str]:
    """One loss for each output."""
    if saved is None or saved == [] or saved == {}:
        raise Inexpressible("it names no loss")
    rows = [_loss(entries) for entries in per_output(saved, outputs, "loss")]
    notes.extend(dict.fromkeys(row.difference for row in rows if row.difference))
    _check_shapes(outputs)
    return [row.tfjs for row in rows]


def _loss(entries: list[Any]) -> catalog.Loss:
    if not entries:
        raise Inexpressible("it has no loss for some outputs, and TF.js trains on all of them")
    if len(entries) > 1:
        raise Inexpressible("it has several losses for one output")
    named = identify("loss", entries[0])
    row = catalog.loss(named.name)
    if row is None:
        raise Inexpressible(f"TF.js has no loss {named.name}")
    unequal = named.unequal_options()
    if unequal:
        raise Inexpressible(f"the loss {named.name} of TF.js has no {', '.join(unequal)}")
    return row


def _check_shapes(outputs: Outputs) -> None:
    """TF.js adds up the losses of all outputs before it takes their mean, so their shapes must broadcast."""
    known = [shape[1:-1] for shape in outputs.shapes if shape]
    size = max(map(len, known), default=0)
    for axis in range(1, size + 1):
        sizes = {shape[-axis] for shape in known if len(shape) >= axis} - {1}
        if len(sizes - {None}) > 1 or (sizes and any(len(shape) < axis for shape in known)):
            raise Inexpressible("TF.js cannot add up losses of outputs with such different shapes")


# ---- metrics -------------------------------------------------------------------------------------------------


def _metrics(
    saved: Any, losses: list[str], outputs: Outputs, notes: list[str], by_shape: bool
) -> list[str] | dict[str, str]:
    """What TF.js computes for the metrics of Keras: a list for all outputs alike, or one metric by output."""
    lacking: dict[str, None] = {}
    try:
        entries = per_output(saved, outputs, "metric")
    except Inexpressible as problem:
        notes.append(f"the metrics are left out: {problem}")
        return []
    fitted = [
        _output_metrics(found, losses[index], index, outputs, by_shape, lacking) for index, found in enumerate(entries)
    ]
    if lacking:
        notes.append(f"metrics left out: {', '.join(lacking)}")
    if all(found == fitted[0] for found in fitted):
        return fitted[0]
    return _one_each(fitted, outputs, notes)


def _one_each(fitted: list[list[str]], outputs: Outputs, notes: list[str]) -> dict[str, str] | list[str]:
    """One metric by output: a model with lists of them would load, but not save itself with its optimizer."""
    if len(set(outputs.names)) < len(outputs):
        notes.append("the metrics are left out: they differ between outputs that have the same name in TF.js")
        return []
    dropped = [
        f"{name}: {', '.join(found[1:])}" for name, found in zip(outputs.names, fitted, strict=True) if found[1:]
    ]
    if dropped:
        notes.append(f"TF.js takes one metric for each output where they differ; left out: {'; '.join(dropped)}")
    return {name: found[0] for name, found in zip(outputs.names, fitted, strict=True) if found}


def _output_metrics(
    entries: list[Any], loss: str, index: int, outputs: Outputs, by_shape: bool, lacking: dict[str, None]
) -> list[str]:
    found: dict[str, None] = {}
    # Keras chooses the kind of accuracy by the shape of the output; the first Keras and TF.js by the loss as well.
    by_shape = by_shape or outputs.generation == 3
    wide = by_shape and (outputs.width(index) or 1) > 1
    for entry in entries:
        try:
            found[_metric(identify("metric", entry), loss, wide)] = None
        except Inexpressible as problem:
            lacking[str(problem)] = None
    return list(found)


def _metric(named: Named, loss: str, wide: bool) -> str:
    if named.label is None and not named.options and named.name.lower() in _ACCURACY:
        return _accuracy("categorical_accuracy" if wide else "accuracy", loss)
    if named.label is None and not named.options and named.name.lower() in _CROSSENTROPY:
        return "crossentropy"
    if _stands_for_accuracy(named):
        return _accuracy(named.name, loss)
    row = catalog.metric(named.name)
    if row is None:
        raise Inexpressible(f"{named.name} ({catalog.UNEQUAL_METRICS.get(named.name, 'TF.js has none')})")
    unequal = named.unequal_options()
    if unequal:
        raise Inexpressible(f"{named.name} (TF.js's has no {', '.join(unequal)})")
    if row.with_loss not in (None, loss):
        raise Inexpressible(f"{named.name} (TF.js has it only with the loss {row.with_loss})")
    return row.tfjs


def _stands_for_accuracy(named: Named) -> bool:
    """Whether this function was chosen by Keras for a plain "accuracy"."""
    if named.label is None or not named.name.endswith("_accuracy") or named.label.endswith(named.name):
        return False
    return named.label.endswith(("accuracy", "acc"))


def _accuracy(kind: str, loss: str) -> str:
    """ "accuracy" wherever TF.js computes this kind of it beside this loss, as it is what scripts look for."""
    if kind == "categorical_accuracy" and loss == "binary_crossentropy":
        return kind
    if kind == "sparse_categorical_accuracy" and loss != "sparse_categorical_crossentropy":
        raise Inexpressible(f"{kind} (TF.js has it only with the loss sparse_categorical_crossentropy)")
    return "accuracy"


def _other_losses(config: Config, outputs: Outputs) -> Iterator[str]:
    """Notes on what else weighs in, and in TF.js does not."""
    weights = config.get("loss_weights")
    if any(weight != 1 for weight in flat(weights)):
        what = "adds up the losses of all outputs as they are" if len(outputs) > 1 else "has none"
        yield f"loss_weights {weights} are left out: TF.js {what}"
    if any(True for _ in flat(config.get("weighted_metrics"))):
        yield "weighted_metrics are left out: TF.js has none"
    if any(mode for mode in flat(config.get("sample_weight_mode"))):
        yield "sample_weight_mode is left out: TF.js has no weights of samples"
