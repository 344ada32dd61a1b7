"""Which optimizers, losses and metrics of Keras TF.js has under some name, and where TF.js trains differently.

Read in the sources of TF.js 3.0 to 4.22, which agree, and compared with Keras weight by weight over several steps:
SGD, Momentum, Adamax, RMSProp and Adagrad of TF.js follow Keras 3 to within the last bits of float32. So does Adam,
but for weights with gradients so tiny that epsilon counts: by up to some per cent of its first steps. Every other
difference is a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """One argument of an optimizer. `tfjs` and `keras` are its names there, `default` is Keras' own.

    `missing` is what an old file means that has no such argument.
    """

    tfjs: str
    keras: str
    default: float | bool
    missing: float | bool | None = None


@dataclass(frozen=True)
class Difference:
    """Says in `text` how TF.js trains differently `when` the optimizer has a certain configuration."""

    text: str
    when: Callable[[Config], bool] = lambda config: True


@dataclass(frozen=True)
class Optimizer:
    """What TF.js calls an optimizer of Keras, and what it can be told about it."""

    tfjs: str
    learning_rate: float
    settings: tuple[Setting, ...] = ()
    differences: tuple[Difference, ...] = ()
    implied: Config = field(default_factory=lambda: MappingProxyType({}))  # arguments it has even where unsaid


@dataclass(frozen=True)
class Loss:
    """A loss of TF.js, the names Keras gave it, and what its numbers do differently."""

    tfjs: str
    aliases: tuple[str, ...]
    difference: str | None = None


@dataclass(frozen=True)
class Metric:
    """A metric of TF.js that equals Keras', and the names Keras gave it.

    Some TF.js computes only under another name, and only beside the loss `with_loss`.
    """

    tfjs: str
    aliases: tuple[str, ...]
    with_loss: str | None = None


def is_legacy(config: Config) -> bool:
    """Whether an optimizer is of the generation before Keras 2.11: only those had an argument `decay`."""
    return "decay" in config


def _big_epsilon(config: Config) -> bool:
    epsilon = config.get("epsilon")
    return isinstance(epsilon, float | int) and epsilon > 1e-6


# Not written where it is Keras' usual one: TF.js then takes 1e-7 itself, and 1e-4 on GPUs that have only float16,
# where 1e-7 would be zero and the first vanishing gradient would turn weights into NaN.
USUAL_EPSILON = 1e-7

EPSILON = Setting("epsilon", "epsilon", USUAL_EPSILON)
_BETAS = (Setting("beta_1", "beta_1", 0.9), Setting("beta_2", "beta_2", 0.999))

_ADAM_EPSILON = Difference(
    "TF.js adds epsilon after Adam's bias correction, Keras before it: with one this large, "
    "the first steps are longer than in Keras",
    _big_epsilon,
)
_ROOT_EPSILON = (
    "TF.js adds epsilon under the square root, this Keras outside of it: steps differ where gradients are tiny"
)

_SGD = Optimizer("SGD", 0.01)
_MOMENTUM = Optimizer(
    "Momentum", 0.01, (Setting("momentum", "momentum", 0.0), Setting("use_nesterov", "nesterov", False))
)

# By Keras' class name in lower case, as Keras itself looks optimizers up.
OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "sgd": _SGD,
        "adam": Optimizer("Adam", 0.001, (*_BETAS, EPSILON), (_ADAM_EPSILON,)),
        "adamw": Optimizer(
            "Adam", 0.001, (*_BETAS, EPSILON), (_ADAM_EPSILON,), MappingProxyType({"weight_decay": 0.004})
        ),
        "adamax": Optimizer("Adamax", 0.001, (*_BETAS, EPSILON)),
        "adagrad": Optimizer(
            "Adagrad",
            0.001,
            (Setting("initial_accumulator_value", "initial_accumulator_value", 0.1, missing=0.0),),
            (
                Difference("TF.js's Adagrad has a fixed epsilon of 1e-7", _big_epsilon),
                Difference(
                    _ROOT_EPSILON, lambda config: is_legacy(config) and not config.get("initial_accumulator_value")
                ),
            ),
        ),
        "adadelta": Optimizer(
            "Adadelta",
            0.001,
            (Setting("rho", "rho", 0.95), EPSILON),
            (
                Difference(
                    "TF.js's Adadelta divides by the average of the steps before, without the present gradient: "
                    "the first steps are much longer than in Keras"
                ),
            ),
        ),
        "rmsprop": Optimizer(
            "RMSProp",
            0.001,
            (Setting("decay", "rho", 0.9), Setting("momentum", "momentum", 0.0), EPSILON),
            (Difference(_ROOT_EPSILON, lambda config: is_legacy(config) and not config.get("momentum")),),
        ),
    }
)

# Wrappers that scale the loss for float16: without effect in the float32 of TF.js.
LOSS_SCALERS = frozenset({"LossScaleOptimizer", "LossScaleOptimizerV1", "LossScaleOptimizerV3"})
WRAPPED_OPTIMIZER_KEYS = ("inner_optimizer", "optimizer")

# Arguments that change training and that TF.js lacks, with the values that switch them off. It has a `centered`
# in RMSProp, but takes the root of a negative number where a gradient is zero: NaN.
LACKING: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "decay": (None, 0),
        "weight_decay": (None, 0),
        "clipnorm": (None,),
        "global_clipnorm": (None,),
        "clipvalue": (None,),
        "use_ema": (None, False),
        "amsgrad": (None, False),
        "centered": (None, False),
        "gradient_accumulation_steps": (None, 1),
    }
)

LOSSES: tuple[Loss, ...] = (
    Loss("mean_squared_error", ("mse", "MSE", "MeanSquaredError")),
    Loss("mean_absolute_error", ("mae", "MAE", "MeanAbsoluteError")),
    Loss("mean_absolute_percentage_error", ("mape", "MAPE", "MeanAbsolutePercentageError")),
    Loss("mean_squared_logarithmic_error", ("msle", "MSLE", "MeanSquaredLogarithmicError")),
    Loss("binary_crossentropy", ("bce", "BCE", "BinaryCrossentropy")),
    Loss("categorical_crossentropy", ("CategoricalCrossentropy",)),
    Loss("sparse_categorical_crossentropy", ("SparseCategoricalCrossentropy",)),
    Loss("hinge", ("Hinge",), "TF.js's hinge wants targets of -1 and 1; it does not turn 0 into -1 as Keras does"),
    Loss(
        "squared_hinge",
        ("SquaredHinge",),
        "TF.js's squared_hinge wants targets of -1 and 1; it does not turn 0 into -1 as Keras does",
    ),
    Loss("categorical_hinge", ("CategoricalHinge",)),
    Loss("logcosh", ("log_cosh", "LogCosh", "Logcosh")),
    Loss("kullback_leibler_divergence", ("kl_divergence", "kld", "KLD", "KLDivergence")),
    Loss("poisson", ("Poisson",)),
    Loss("cosine_proximity", ("cosine_similarity", "cosine", "CosineSimilarity", "CosineProximity")),
)

# "accuracy" and "crossentropy" are not here: both Keras and TF.js resolve them by loss and output.
METRICS: tuple[Metric, ...] = (
    Metric("mse", ("MSE", "mean_squared_error", "MeanSquaredError")),
    Metric("mae", ("MAE", "mean_absolute_error", "MeanAbsoluteError")),
    Metric("mape", ("MAPE", "mean_absolute_percentage_error", "MeanAbsolutePercentageError")),
    Metric("binary_accuracy", ("BinaryAccuracy",)),
    Metric("categorical_accuracy", ("CategoricalAccuracy",)),
    Metric("categorical_crossentropy", ("CategoricalCrossentropy",)),
    Metric("sparse_categorical_crossentropy", ("SparseCategoricalCrossentropy",)),
    Metric(
        "accuracy",
        ("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
        with_loss="sparse_categorical_crossentropy",
    ),
    Metric(
        "crossentropy", ("binary_crossentropy", "bce", "BCE", "BinaryCrossentropy"), with_loss="binary_crossentropy"
    ),
)

# Metrics that TF.js has by name and computes otherwise.
UNEQUAL_METRICS: Mapping[str, str] = MappingProxyType(
    {
        "Precision": "TF.js's counts only outputs of exactly 1",
        "precision": "TF.js's counts only outputs of exactly 1",
        "CosineSimilarity": "TF.js's has the opposite sign",
        "cosine_similarity": "TF.js's has the opposite sign",
        "cosine_proximity": "TF.js's has the opposite sign",
    }
)

# Arguments of losses and metrics that TF.js does not know, with the values that mean what it does anyway.
NEUTRAL_OPTIONS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "reduction": (None, "auto", "sum_over_batch_size", "mean", "mean_with_sample_weight"),
        "from_logits": (None, False),
        "label_smoothing": (None, 0),
        "axis": (None, -1, [-1]),
        "ignore_class": (None,),
        "threshold": (None, 0.5),
    }
)
IDLE_OPTIONS = frozenset({"name", "dtype", "fn"})


def optimizer(class_name: str, config: Config) -> Optimizer | None:
    """The optimizer of TF.js that trains as `class_name` of Keras does with `config`."""
    row = OPTIMIZERS.get(class_name.lower())
    return _MOMENTUM if row is _SGD and config.get("momentum") else row


def loss(name: str) -> Loss | None:
    """The loss of TF.js that Keras calls `name`: function, alias or class."""
    return _LOSSES.get(name)


def metric(name: str) -> Metric | None:
    """The metric of TF.js that Keras calls `name`: function, alias or class."""
    return _METRICS.get(name)


def _by_name(rows: Iterable[Any]) -> dict[str, Any]:
    return {name: row for row in rows for name in _names(row)}


def _names(row: Loss | Metric) -> tuple[str, ...]:
    conditional = isinstance(row, Metric) and row.with_loss is not None
    return row.aliases if conditional else (row.tfjs, *row.aliases)


_LOSSES: Mapping[str, Loss] = _by_name(LOSSES)
_METRICS: Mapping[str, Metric] = _by_name(METRICS)
