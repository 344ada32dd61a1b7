"""Compile configurations as every generation of Keras wrote them, and what of them TF.js is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.events import Note, listening
from tensorflowjs.fitting.training import fit_training

SAVED: dict[str, Any] = json.loads(Path(__file__).with_name("compile_configs.json").read_text(encoding="utf-8"))
TWO_OUTPUTS = ("left", "right")
LEFT_OUT = "the model loads uncompiled; call model.compile() before training"

ADAM = {"class_name": "Adam", "config": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999}}
SGD = {"class_name": "SGD", "config": {"learning_rate": 0.01}}


def adam(**changes: float) -> dict[str, Any]:
    return {"class_name": "Adam", "config": {**ADAM["config"], **changes}}  # type: ignore[dict-item]


def rmsprop(**changes: float) -> dict[str, Any]:
    config = {"learning_rate": 0.001, "decay": 0.9, "momentum": 0.0}
    return {"class_name": "RMSProp", "config": {**config, **changes}}


def adagrad(learning_rate: float, initial: float) -> dict[str, Any]:
    config = {"learning_rate": learning_rate, "initial_accumulator_value": initial}
    return {"class_name": "Adagrad", "config": config}


def adadelta(**config: float) -> dict[str, Any]:
    return {"class_name": "Adadelta", "config": {**config}}


def adamax(learning_rate: float) -> dict[str, Any]:
    return {"class_name": "Adamax", "config": {"learning_rate": learning_rate, "beta_1": 0.9, "beta_2": 0.999}}


def generation(case: str) -> int:
    return 3 if case.startswith("Keras 3") else 2


def fitted(config: Any, *names: str, **options: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """The trainingConfig and the notes."""
    notes: list[str] = []
    with listening(lambda event: notes.append(event.text) if isinstance(event, Note) else None):
        return fit_training(config, names or ("d",), **options), notes


# case, outputs, optimizer, loss, metrics, what each note says
KEPT: list[tuple[str, tuple[str, ...], dict[str, Any], Any, Any, list[str]]] = [
    ("Keras 2.0.9 h5: strings", ("d",), adam(epsilon=1e-8), "mean_squared_error", ["mae"], []),
    (
        "Keras 2.0.9 h5: dict",
        TWO_OUTPUTS,
        adadelta(learning_rate=1.0, rho=0.95, epsilon=1e-8),
        ["binary_crossentropy", "categorical_crossentropy"],
        {"left": "accuracy", "right": "mae"},
        ["Adadelta divides by the average of the steps before", "loss_weights {'left': 1.0, 'right': 0.5}"],
    ),
    ("Keras 2.0.9 h5: temporal", ("d",), adam(epsilon=1e-8), "mean_squared_error", [], ["sample_weight_mode"]),
    (
        "Keras 2.3.1 h5: list",
        TWO_OUTPUTS,
        adagrad(0.01, 0.0),  # what Keras 2.3 started with, unlike its successors
        ["binary_crossentropy", "categorical_crossentropy"],
        {"left": "accuracy", "right": "mae"},
        ["epsilon under the square root", "left out: right: accuracy", "loss_weights [1.0, 0.5]"],
    ),
    (
        "Keras 2.3.1 h5: objs2",
        TWO_OUTPUTS,
        adagrad(0.01, 0.0),
        ["binary_crossentropy", "categorical_crossentropy"],
        {"left": "binary_accuracy", "right": "categorical_accuracy"},
        ["epsilon under the square root", "left out: right: mse"],
    ),
    ("Keras 2.3.1 h5: olddecay", ("d",), SGD, "mean_squared_error", [], ["SGD is written without decay"]),
    (
        "Keras 2.6.0 h5: acc",
        ("d",),
        rmsprop(),
        "sparse_categorical_crossentropy",
        ["accuracy"],  # though Keras, before its first fit, took it for categorical_accuracy
        ["epsilon under the square root"],
    ),
    (
        "Keras 2.6.0 h5: bin",
        TWO_OUTPUTS,
        SGD,
        "binary_crossentropy",
        {"left": "accuracy", "right": "categorical_accuracy"},  # TF.js's accuracy would be binary on the right
        [],
    ),
    (
        "Keras 2.6.0 h5: kl",
        ("d",),
        ADAM,
        "kullback_leibler_divergence",
        [],
        ["left out: kl_divergence (TF.js has none), cosine_proximity (TF.js's has the opposite sign), mean_sq"],
    ),
    ("Keras 2.6.0 h5: sched", ("d",), adam(learning_rate=0.01), "mean_squared_error", [], ["ExponentialDecay"]),
    ("Keras 2.6.0 h5: lossscale", ("d",), ADAM, "mean_squared_error", [], []),
    ("Keras 2.12.0 h5: strings", ("d",), ADAM, "mean_squared_error", ["mae"], []),
    ("Keras 2.12.0 h5: clip", ("d",), ADAM, "mean_squared_error", [], ["Adam is written without clipnorm"]),
    ("tf_keras 2.19.0 keras: strings", ("d",), ADAM, "mean_squared_error", ["mae"], []),
    # One list of metrics means all of them for each output in tf_keras, and one for each output in Keras 3.
    ("tf_keras 2.19.0 keras: flatmetrics", TWO_OUTPUTS, adamax(0.001), "mean_squared_error", ["mae", "mse"], []),
    (
        "Keras 3.15.1 keras: flatmetrics",
        TWO_OUTPUTS,
        adamax(0.001),
        "mean_squared_error",
        {"left": "mae", "right": "mse"},
        [],
    ),
    ("tf_keras 2.19.0 keras: legacyrms", ("d",), rmsprop(), "mean_squared_error", [], ["under the square root"]),
    (
        "tf_keras 2.19.0 keras: sched3",
        ("d",),
        adam(learning_rate=0.1),  # the one it warms up to, not the 0 it starts with
        "mean_squared_error",
        [],
        ["(CosineDecay); TF.js has none and keeps 0.1"],
    ),
    ("tf_keras 2.19.0 keras: lossscale", ("d",), ADAM, "mean_squared_error", [], []),
    (
        "tf_keras 2.19.0 keras: obj",
        ("d",),
        ADAM,
        "categorical_crossentropy",
        ["categorical_accuracy", "mse"],
        ["TopKCategoricalAccuracy (TF.js has none), Precision (TF.js's counts only outputs of exactly 1), AUC"],
    ),
    ("Keras 3.0.5 keras: acc", ("d",), rmsprop(), "sparse_categorical_crossentropy", ["accuracy"], []),
    (
        "Keras 3.15.1 keras: list",
        TWO_OUTPUTS,
        adagrad(0.001, 0.1),
        ["binary_crossentropy", "categorical_crossentropy"],
        {"left": "accuracy", "right": "mae"},
        ["left out: right: accuracy", "loss_weights [1.0, 0.5]"],
    ),
    (
        "Keras 3.15.1 keras: objs2",
        TWO_OUTPUTS,
        adagrad(0.01, 0.1),
        ["binary_crossentropy", "categorical_crossentropy"],
        {"left": "binary_accuracy", "right": "categorical_accuracy"},
        ["left out: right: mse"],
    ),
    ("Keras 3.15.1 keras: accum", ("d",), SGD, "mean_squared_error", [], ["without gradient_accumulation_steps"]),
    ("Keras 3.15.1 keras: adamw", ("d",), ADAM, "mean_squared_error", [], ["AdamW is written without weight_decay"]),
    ("Keras 3.15.1 keras: fn", ("d",), ADAM, "mean_squared_error", ["mae"], []),
    (
        "Keras 3.15.1 keras: cos",
        ("d",),
        adadelta(learning_rate=1.0, rho=0.95),
        "cosine_proximity",
        [],
        ["Adadelta divides", "CosineSimilarity (TF.js's has the opposite sign)"],
    ),
    (
        "Keras 3.15.1 keras: sched2",
        ("d",),
        adam(learning_rate=0.1),
        "mean_squared_error",
        [],
        ["PiecewiseConstantDecay"],
    ),
]

REFUSED = {
    "Keras 3.0.5 h5: objlogits": "the loss SparseCategoricalCrossentropy of TF.js has no from_logits=True",
    "Keras 3.15.1 h5: sum": "the loss MeanSquaredError of TF.js has no reduction=sum",
    "Keras 3.15.1 keras: smooth": "the loss BinaryCrossentropy of TF.js has no label_smoothing=0.1",
    "Keras 3.15.1 keras: custom": "the optimizer Mine is a custom class",
    "Keras 3.15.1 keras: nolossright": "it has no loss for some outputs, and TF.js trains on all of them",
}


@pytest.mark.parametrize(("case", "names", "optimizer", "loss", "metrics", "said"), KEPT, ids=[row[0] for row in KEPT])
def test_what_tfjs_is_told(
    case: str, names: tuple[str, ...], optimizer: Any, loss: Any, metrics: Any, said: list[str]
) -> None:
    config, notes = fitted(SAVED[case], *names, generation=generation(case))
    assert config == {"optimizer_config": optimizer, "loss": loss, "metrics": metrics}
    assert len(notes) == len(said), notes
    for note, part in zip(notes, said, strict=True):
        assert part in note


@pytest.mark.parametrize("case", REFUSED)
def test_left_out_as_a_whole(case: str) -> None:
    names = TWO_OUTPUTS if "nolossright" in case else ("d",)
    config, notes = fitted(SAVED[case], *names, generation=generation(case))
    assert config is None
    assert notes == [f"left out, because {REFUSED[case]}: {LEFT_OUT}"]


def test_every_sample_is_looked_at() -> None:
    assert {row[0] for row in KEPT} | set(REFUSED) | {"Keras 2.6.0 h5: dictout", "Keras 3.15.1 h5: dictout"} == set(
        SAVED
    )


@pytest.mark.parametrize("case", ["Keras 2.6.0 h5: dictout", "Keras 3.15.1 h5: dictout"])
def test_outputs_that_keras_knows_by_other_names(case: str) -> None:
    config, notes = fitted(SAVED[case], "right_1", "left_1", output_keys=["alpha", "zeta"], generation=generation(case))
    assert config is not None
    assert config["loss"] == ["categorical_crossentropy", "mean_squared_error"]
    assert config["metrics"] == {"right_1": "accuracy", "left_1": "mae"}
    assert notes == []


# ------------------------------------------------------------------------------------------- optimizers


def compiled(optimizer: Any = "sgd", loss: Any = "mse", **config: Any) -> dict[str, Any]:
    return {"optimizer": optimizer, "loss": loss, **config}


def optimizer_of(class_name: str, **config: Any) -> tuple[Any, list[str]]:
    """What becomes of an optimizer that Keras 3 or the legacy format saved with this configuration."""
    training, notes = fitted(compiled({"class_name": class_name, "config": config}))
    return training and training["optimizer_config"], notes


def test_sgd_with_momentum_is_another_class() -> None:
    optimizer, notes = optimizer_of("SGD", learning_rate=0.1, momentum=0.9, nesterov=True)
    assert optimizer == {
        "class_name": "Momentum",
        "config": {"learning_rate": 0.1, "momentum": 0.9, "use_nesterov": True},
    }
    assert notes == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adam", ADAM),
        ("Adam", ADAM),
        ("sgd", SGD),
        ("rmsprop", rmsprop()),
        ("adagrad", adagrad(0.001, 0.1)),
        ("adamax", adamax(0.001)),
    ],
)
def test_names_stand_for_the_defaults(name: str, expected: dict[str, Any]) -> None:
    training, notes = fitted(compiled(name))
    assert training is not None
    assert training["optimizer_config"] == expected
    assert notes == []


@pytest.mark.parametrize(
    ("saved", "written"),
    [
        (0.0010000000474974513, 0.001),
        (0.8999999761581421, 0.9),
        (0.0003000000142492354, 0.0003),
        (0.3, 0.3),
        (0.12345678901234567, 0.12345678901234567),  # never was a float32
        (0.5, 0.5),
        (2, 2.0),
        (1e300, 1e300),
    ],
)
def test_digits_of_float32_are_dropped(saved: float, written: float) -> None:
    optimizer, _ = optimizer_of("SGD", learning_rate=saved)
    assert optimizer["config"]["learning_rate"] == written


def test_learning_rate_of_old_keras() -> None:
    optimizer, _ = optimizer_of("SGD", lr=0.25, decay=0.0)
    assert optimizer == {"class_name": "SGD", "config": {"learning_rate": 0.25}}


@pytest.mark.parametrize(
    "rate", [float("nan"), float("inf"), 10**400, "0.1", True, None, [], {"class_name": "Mine", "config": {}}]
)
def test_learning_rate_that_is_no_number(rate: Any) -> None:
    optimizer, notes = optimizer_of("SGD", learning_rate=rate)
    assert optimizer is None
    assert notes == [f"left out, because the optimizer's learning_rate is not a number: {LEFT_OUT}"]


def test_the_usual_epsilon_is_left_to_tfjs() -> None:
    assert "epsilon" not in optimizer_of("Adam", epsilon=1e-7)[0]["config"]
    assert "epsilon" not in optimizer_of("Adam", epsilon=1.0000000116860974e-07)[0]["config"]
    assert "epsilon" not in optimizer_of("Adam", epsilon=None)[0]["config"]
    optimizer, notes = optimizer_of("Adam", epsilon=0.1)
    assert optimizer["config"]["epsilon"] == 0.1
    assert ["adds epsilon after Adam's bias correction" in note for note in notes] == [True]


@pytest.mark.parametrize(
    ("class_name", "argument", "value"),
    [
        ("Adam", "amsgrad", True),
        ("Adam", "weight_decay", 0.01),
        ("Adam", "global_clipnorm", 1.0),
        ("Adam", "use_ema", True),
        ("SGD", "clipvalue", 0.5),
        ("RMSprop", "centered", True),
    ],
)
def test_arguments_that_tfjs_lacks(class_name: str, argument: str, value: Any) -> None:
    optimizer, notes = optimizer_of(class_name, **{argument: value})
    assert optimizer is not None
    assert argument not in optimizer["config"]
    assert [f"{class_name} is written without {argument}, which TF.js lacks" in note for note in notes] == [True]


def test_adamw_by_name_has_its_weight_decay() -> None:
    training, notes = fitted(compiled("adamw"))
    assert training is not None
    assert training["optimizer_config"] == ADAM
    assert ["without weight_decay" in note for note in notes] == [True]


@pytest.mark.parametrize("class_name", ["Nadam", "Ftrl", "Lion", "Lamb", "Muon", "Demo>Adam", "Custom>Nadam"])
def test_optimizers_that_tfjs_lacks(class_name: str) -> None:
    optimizer, notes = optimizer_of(class_name, learning_rate=0.1)
    assert optimizer is None
    assert notes == [f"left out, because TF.js has no optimizer {class_name.removeprefix('Custom>')}: {LEFT_OUT}"]


def test_a_custom_optimizer_under_a_name_of_keras() -> None:
    saved = {"module": None, "class_name": "Adam", "config": {}, "registered_name": "Custom>Adam"}
    training, notes = fitted(compiled(saved))
    assert training is None
    assert notes == [f"left out, because the optimizer Custom>Adam is a custom class: {LEFT_OUT}"]


@pytest.mark.parametrize("optimizer", [None, {}, [], 3, {"class_name": None}])
def test_no_optimizer(optimizer: Any) -> None:
    """Keras 3 forgets the optimizer in its own format once a model was saved as HDF5."""
    training, notes = fitted({"optimizer": optimizer, "loss": "mse"})
    assert training is None
    assert notes == [f"left out, because it names no optimizer: {LEFT_OUT}"]


def test_all_reasons_in_one_note() -> None:
    training, notes = fitted(compiled("nadam", "huber", metrics=["auc"]))
    assert training is None
    assert notes == [f"left out, because TF.js has no optimizer nadam and TF.js has no loss huber: {LEFT_OUT}"]


@pytest.mark.parametrize("config", [None, {}])
def test_a_model_that_was_never_compiled(config: Any) -> None:
    assert fitted(config) == (None, [])


# ------------------------------------------------------------------------------------------- losses


@pytest.mark.parametrize(
    ("saved", "written"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("MeanSquaredError", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("kld", "kullback_leibler_divergence"),
        ("kl_divergence", "kullback_leibler_divergence"),
        ("log_cosh", "logcosh"),
        ("logcosh", "logcosh"),
        ("cosine_similarity", "cosine_proximity"),
        ("categorical_hinge", "categorical_hinge"),
        ("poisson", "poisson"),
        ({"class_name": "function", "config": "kl_divergence"}, "kullback_leibler_divergence"),
        ({"class_name": "LogCosh", "config": {"name": "log_cosh", "reduction": "auto"}}, "logcosh"),
        (["mse"], "mean_squared_error"),
        ({"d": "mse"}, "mean_squared_error"),
        ({"any key": ["mse"]}, "mean_squared_error"),
    ],
)
def test_losses(saved: Any, written: str) -> None:
    training, notes = fitted(compiled(loss=saved))
    assert training is not None
    assert training["loss"] == written
    assert notes == []


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinges_want_other_targets(loss: str) -> None:
    training, notes = fitted(compiled(loss=loss))
    assert training is not None
    assert training["loss"] == loss
    assert notes == [f"TF.js's {loss} wants targets of -1 and 1; it does not turn 0 into -1 as Keras does"]


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        (None, "it names no loss"),
        ([], "it names no loss"),
        ("huber", "TF.js has no loss huber"),
        ("crossentropy", "TF.js has no loss crossentropy"),  # Keras chooses by the targets
        (["mse", "mae"], "it has several losses for one output"),
        (5, "a loss is given in a form that Keras does not write"),
        (
            {"class_name": "CategoricalCrossentropy", "config": {"axis": 1, "from_logits": True}},
            "the loss CategoricalCrossentropy of TF.js has no axis=1, from_logits=True",
        ),
        (
            {"class_name": "SparseCategoricalCrossentropy", "config": {"ignore_class": -1}},
            "the loss SparseCategoricalCrossentropy of TF.js has no ignore_class=-1",
        ),
        (
            {"class_name": "MeanSquaredError", "config": {"unheard_of": 2}},
            "the loss MeanSquaredError of TF.js has no unheard_of=2",
        ),
        (
            {
                "module": "mine",
                "class_name": "MeanSquaredError",
                "config": {},
                "registered_name": "me>MeanSquaredError",
            },
            "the loss me>MeanSquaredError is a custom class",
        ),
    ],
)
def test_losses_that_tfjs_lacks(saved: Any, reason: str) -> None:
    training, notes = fitted(compiled(loss=saved))
    assert training is None
    assert notes == [f"left out, because {reason}: {LEFT_OUT}"]


@pytest.mark.parametrize(
    ("saved", "written"),
    [
        ("mse", "mean_squared_error"),
        (["mse", "mse"], "mean_squared_error"),
        (["mse", "mae"], ["mean_squared_error", "mean_absolute_error"]),
        ({"right": "mse", "left": "mae"}, ["mean_absolute_error", "mean_squared_error"]),
        ({"class_name": "MeanSquaredError", "config": {"name": "x"}}, "mean_squared_error"),
    ],
)
def test_losses_of_several_outputs(saved: Any, written: Any) -> None:
    training, notes = fitted(compiled(loss=saved), *TWO_OUTPUTS)
    assert training is not None
    assert training["loss"] == written
    assert notes == []


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        (["mse"], "it does not have one loss for each output"),
        ({"left": "mse"}, "it has no loss for some outputs"),
        ({"left": "mse", "middle": "mse"}, 'it names an output "middle" that the model does not have'),
    ],
)
def test_losses_that_do_not_fit_the_outputs(saved: Any, reason: str) -> None:
    training, notes = fitted(compiled(loss=saved), *TWO_OUTPUTS)
    assert training is None
    assert [reason in note for note in notes] == [True]


@pytest.mark.parametrize(
    ("left", "right", "possible"),
    [
        ((None, 3), (None, 1), True),
        ((None, 7, 3), (None, 7, 1), True),
        ((None, 1, 3), (None, 7, 1), True),
        ((None, None, 3), (None, 7, 1), True),
        (None, (None, 7, 1), True),
        ((None, 7, 3), (None, 8, 3), False),
        ((None, 3), (None, 7, 3), False),
        ((None, 3), (None, None, 3), False),
    ],
)
def test_losses_must_add_up(left: Any, right: Any, possible: bool) -> None:
    training, notes = fitted(compiled(), *TWO_OUTPUTS, output_shapes=[left, right])
    assert (training is not None) is possible
    assert ["cannot add up losses" in note for note in notes] == [True] * (not possible)


# ------------------------------------------------------------------------------------------- metrics


def metrics_of(metrics: Any, *names: str, loss: Any = "mse", **options: Any) -> tuple[Any, list[str]]:
    training, notes = fitted(compiled(loss=loss, metrics=metrics), *names, **options)
    assert training is not None
    return training["metrics"], notes


@pytest.mark.parametrize(
    ("saved", "written"),
    [
        (None, []),
        ([], []),
        (["MAE", "mean_absolute_percentage_error", "MeanSquaredError"], ["mae", "mape", "mse"]),
        (["acc"], ["accuracy"]),
        (["accuracy", "acc"], ["accuracy"]),
        (["ce"], ["crossentropy"]),
        ([["mae"], None], ["mae"]),
        ({"d": ["mae", "mse"]}, ["mae", "mse"]),
        ([{"class_name": "BinaryAccuracy", "config": {"threshold": 0.5, "dtype": None}}], ["binary_accuracy"]),
        (
            [
                {
                    "class_name": "MeanMetricWrapper",
                    "config": {"name": "mine", "fn": {"class_name": "function", "config": "mean_absolute_error"}},
                }
            ],
            ["mae"],
        ),
    ],
)
def test_metrics(saved: Any, written: list[str]) -> None:
    assert metrics_of(saved) == (written, [])


@pytest.mark.parametrize(
    ("metric", "loss", "written"),
    [
        ("sparse_categorical_accuracy", "sparse_categorical_crossentropy", "accuracy"),
        ("binary_crossentropy", "binary_crossentropy", "crossentropy"),
        ("categorical_crossentropy", "mse", "categorical_crossentropy"),
    ],
)
def test_metrics_that_depend_on_the_loss(metric: str, loss: str, written: str) -> None:
    assert metrics_of([metric], loss=loss) == ([written], [])


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("auc", "auc (TF.js has none)"),
        ("precision", "precision (TF.js's counts only outputs of exactly 1)"),
        ({"class_name": "Accuracy", "config": {"name": "accuracy"}}, "Accuracy (TF.js has none)"),
        (
            {"class_name": "BinaryAccuracy", "config": {"threshold": 0.4}},
            "BinaryAccuracy (TF.js's has no threshold=0.4)",
        ),
        (
            "sparse_categorical_accuracy",
            "sparse_categorical_accuracy (TF.js has it only with the loss sparse_categorical_crossentropy)",
        ),
        (7, "a metric is given in a form that Keras does not write"),
    ],
)
def test_metrics_that_tfjs_lacks(metric: Any, reason: str) -> None:
    assert metrics_of(["mae", metric]) == (["mae"], [f"metrics left out: {reason}"])


def test_accuracy_beside_binary_crossentropy() -> None:
    """Keras goes by the width of the output alone, TF.js and the first Keras also by the loss."""
    wide, narrow = {"output_shapes": [(None, 3)]}, {"output_shapes": [(None, 1)]}
    bce = {"loss": "binary_crossentropy"}
    assert metrics_of(["accuracy"], **bce, **wide) == (["categorical_accuracy"], [])
    assert metrics_of(["accuracy"], **bce, **narrow) == (["accuracy"], [])
    assert metrics_of(["accuracy"], **bce) == (["accuracy"], [])
    assert metrics_of(["accuracy"], **bce, **wide, generation=2) == (["accuracy"], [])
    assert metrics_of(["accuracy"], loss="categorical_crossentropy", **wide) == (["accuracy"], [])


def test_metrics_of_several_outputs() -> None:
    assert metrics_of({"right": "mae"}, *TWO_OUTPUTS) == ({"right": "mae"}, [])
    assert metrics_of([["mae"], ["mae"]], *TWO_OUTPUTS) == (["mae"], [])
    assert metrics_of(["mae"], *TWO_OUTPUTS) == (["mae"], [])
    assert metrics_of([None, ["mae"]], *TWO_OUTPUTS) == ({"right": "mae"}, [])
    unknown, notes = metrics_of({"middle": "mae"}, *TWO_OUTPUTS)
    assert unknown == []
    assert notes == ['the metrics are left out: it names an output "middle" that the model does not have']
    same_name, notes = metrics_of([["mae"], ["mse"]], "left", "left")
    assert same_name == []
    assert ["have the same name in TF.js" in note for note in notes] == [True]


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ({"loss_weights": 0.5}, "loss_weights 0.5 are left out: TF.js has none"),
        ({"weighted_metrics": ["mae"]}, "weighted_metrics are left out"),
        ({"sample_weight_mode": [None, "temporal"]}, "sample_weight_mode is left out"),
        ({"loss_weights": [1.0], "weighted_metrics": [], "sample_weight_mode": None}, None),
        ({"run_eagerly": False, "steps_per_execution": 1, "jit_compile": True, "auto_scale_loss": True}, None),
    ],
)
def test_what_else_there_is(config: dict[str, Any], part: str | None) -> None:
    training, notes = fitted(compiled(**config))
    assert training == {"optimizer_config": SGD, "loss": "mean_squared_error", "metrics": []}
    assert len(notes) == (part is not None)
    assert part is None or part in notes[0]
