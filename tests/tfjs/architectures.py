"""Whole architectures as SavedModels, with random weights, from both Keras lines and from plain TensorFlow.

`ARCHITECTURES` says how each is built: in the size in which it is used, for the benchmarks, and in a small one for
the tests, in which every kind of block is there at least once. `save` writes one and says what goes in and comes out.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from tests.tfjs import networks
from tests.tfjs.randomised import outputs_of, randomise_weights, settle_statistics

Array = Any
LIBRARIES = ("keras", "tf_keras")
MANY_LAYERS = 30  # `save` of tf_keras traces each of them some four times


@dataclass(frozen=True)
class Sample:
    """Inputs by the names that TF.js knows, and what TensorFlow makes of them, in the order of the outputs."""

    inputs: dict[str, Array]
    outputs: list[Array]


class Draw(Protocol):
    def __call__(self, random: np.random.Generator, model: Any, batch: int) -> list[Array]: ...


class Build(Protocol):
    def __call__(self, k: Any, full: bool) -> Any: ...


@dataclass(frozen=True)
class Architecture:
    """`build` makes the model, `draw` the inputs, in the order of the model's."""

    build: Build
    draw: Draw
    libraries: tuple[str, ...] = LIBRARIES


def save(name: str, library: str, folder: Path, *, full: bool = False, batch: int = 2) -> Sample:
    """Build, give weights, export into `folder`; always the same for the same arguments."""
    if library == "tensorflow":
        return Sample(*networks.save_version_1(folder, batch))
    k = importlib.import_module(library)
    architecture = ARCHITECTURES[name]
    model = architecture.build(k, full)
    inputs = architecture.draw(np.random.default_rng(2), model, batch)
    tensors = [tf.constant(array) for array in inputs]
    randomise_weights(model)
    settle_statistics(model, tensors)
    outputs = outputs_of(model, tensors)
    export(model, library, folder)
    names = [tensor.name.split(":")[0] for tensor in model.inputs]
    k.backend.clear_session()
    return Sample(dict(zip(names, inputs, strict=True)), outputs)


def export(model: Any, library: str, folder: Path) -> None:
    """As users do it: `model.export` of Keras 3; `model.save` of tf_keras, or its `export` where layers are many."""
    with contextlib.redirect_stdout(io.StringIO()), without_advice():
        if library == "keras":
            model.export(str(folder), verbose=False)
        elif len(model.layers) > MANY_LAYERS:
            model.export(str(folder))
        else:
            model.save(str(folder), save_format="tf")


@contextlib.contextmanager
def without_advice() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


# ---------------------------------------------------------------------------------- keras.applications


@dataclass(frozen=True)
class Small:
    """How an application becomes small: by `pixels`, by `arguments`, by the modules whose loops run once."""

    pixels: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    loops_once: tuple[str, ...] = ()
    maker: str | None = None  # a more general function than the one users call


def application(
    name: str, module: str, small: Small, *, low: float = -2, high: float = 2, pixels: int = 224, **terms: Any
) -> Architecture:
    """A family of keras.applications, for pixels between `low` and `high`."""

    def build(k: Any, full: bool) -> Any:
        if full:
            return getattr(k.applications, name)(weights=None, input_shape=(pixels, pixels, 3))
        package = f"{k.__name__}.src.applications"
        make = getattr(importlib.import_module(f"{package}.{module}"), small.maker or name)
        shape = (small.pixels, small.pixels, 3)
        with contextlib.ExitStack() as stack:
            for looping in small.loops_once:
                stack.enter_context(loops_once(importlib.import_module(f"{package}.{looping}")))
            return make(weights=None, input_shape=shape, classes=10, **small.arguments)

    return Architecture(build, partial(networks.images, low=low, high=high), **terms)


@contextlib.contextmanager
def loops_once(module: Any) -> Iterator[None]:
    """While this lasts, loops over a range, in the functions of `module`, end after the first turn."""
    module.range = lambda *limits: builtins.range(*limits)[:1]
    try:
        yield
    finally:
        del module.range


SHALLOW = {"depths": [1, 1, 2, 1], "default_size": 224}
BYTES = {"low": 0, "high": 255}

APPLICATIONS = {
    "MobileNet": application("MobileNet", "mobilenet", Small(64, {"alpha": 0.25})),
    "MobileNetV2": application("MobileNetV2", "mobilenet_v2", Small(96, {"alpha": 0.35})),
    "MobileNetV3Small": application("MobileNetV3Small", "mobilenet_v3", Small(96), **BYTES),
    "MobileNetV3Large": application("MobileNetV3Large", "mobilenet_v3", Small(96, {"alpha": 0.75}), **BYTES),
    "ResNet50": application("ResNet50", "resnet", Small(64, loops_once=("resnet",))),
    "ResNet50V2": application("ResNet50V2", "resnet_v2", Small(64, loops_once=("resnet",))),
    "EfficientNetB0": application(
        "EfficientNetB0",
        "efficientnet",
        Small(64, {"width_coefficient": 0.5, "depth_coefficient": 0.5, "default_size": 64}, maker="EfficientNet"),
        **BYTES,
    ),
    "EfficientNetV2B0": application(
        "EfficientNetV2B0", "efficientnet_v2", Small(64, loops_once=("efficientnet_v2",)), **BYTES
    ),
    "DenseNet121": application("DenseNet121", "densenet", Small(64, {"blocks": [2, 2, 2, 2]}, maker="DenseNet")),
    # In smaller images there is but one place left in the end, and rounding grows with what hardly varies.
    "InceptionV3": application("InceptionV3", "inception_v3", Small(107, loops_once=("inception_v3",)), pixels=299),
    "InceptionResNetV2": application(
        "InceptionResNetV2", "inception_resnet_v2", Small(107, loops_once=("inception_resnet_v2",)), pixels=299
    ),
    "Xception": application("Xception", "xception", Small(72, loops_once=("xception",)), pixels=299),
    "VGG16": application("VGG16", "vgg16", Small(32)),
    "NASNetMobile": application("NASNetMobile", "nasnet", Small(64, loops_once=("nasnet",))),
    "ConvNeXtTiny": application(
        "ConvNeXtTiny",
        "convnext",
        Small(64, {"projection_dims": [24, 32, 48, 64], **SHALLOW}, maker="ConvNeXt"),
        **BYTES,
    ),
    "RegNetY002": application(
        "RegNetY002",
        "regnet",
        Small(
            64,
            {"widths": [24, 56, 152, 368], "group_width": 8, "block_type": "Y", **SHALLOW},
            maker="RegNet",
        ),
        libraries=("tf_keras",),
        **BYTES,
    ),
    "ResNetRS50": application(
        "ResNetRS50",
        "resnet_rs",
        Small(
            64,
            {"depth": 50, "block_args": [{"input_filters": 16 * 2**n, "num_repeats": 2} for n in range(4)]},
            maker="ResNetRS",
        ),
        libraries=("tf_keras",),
        **BYTES,
    ),
}

# ---------------------------------------------------------------------------------- all

ARCHITECTURES: dict[str, Architecture] = {
    **APPLICATIONS,
    "BERT": Architecture(networks.bert, networks.texts),
    "ViT": Architecture(networks.vit, networks.images),
    "U-Net": Architecture(networks.u_net, networks.images),
    "SSD": Architecture(networks.ssd, networks.one_image),
    "text classifier": Architecture(networks.text_classifier, networks.words),
    "text reader": Architecture(networks.text_reader, networks.words),
    "LSTM": Architecture(partial(networks.recurrent, layer="LSTM"), networks.series),
    "GRU": Architecture(partial(networks.recurrent, layer="GRU"), networks.series),
    "ConvLSTM2D": Architecture(networks.conv_lstm, networks.films),
    "CNN of TensorFlow 1": Architecture(networks.bert, networks.texts, ("tensorflow",)),
}
CASES = [(name, library) for name, architecture in ARCHITECTURES.items() for library in architecture.libraries]
