"""Depthwise convolutions with windows of all sizes, made of fast ones, give the numbers of TensorFlow in TF.js."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.passes.optimising.arithmetic import depthwise_windows
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.optimising.float_graphs import model_of
from tests.tfjs.test_optimised_passes import assert_close, inputs, joined

WINDOWS = ((7, 7), (4, 4), (2, 1), (1, 6), (6, 6), (5, 7), (9, 8), (1, 11), (2, 9), (11, 11), (3, 28), (8, 3))
IMAGES = ((9, 12), (12, 9), (31, 30))
STEPS = (((1, 1), (1, 1)), ((2, 2), (1, 1)), ((3, 1), (1, 1)), ((1, 1), (2, 2)), ((1, 1), (1, 3)))  # strides, dilations
PADDINGS: tuple[str | tuple[int, ...], ...] = ("SAME", "VALID", (3, 1, 0, 2), (0, 5, 6, 0))
BEHIND = (
    "",
    "%b = float32[3]\n%a = BiasAdd(%c, %b)\n",
    "%r = Relu6(%c)\n",
    "%b = float32[3]\n%a = BiasAdd(%c, %b)\n%r = Elu(%a)\n",
)
CHANNELS = 3
WIDER_THAN_IMAGES = 3 * 28  # some of the parts would read nothing but padding


def _graphs() -> Iterator[tuple[str, str]]:
    behind = cycle(BEHIND)
    for window, image, (strides, dilations), padding in product(WINDOWS, IMAGES, STEPS, PADDINGS):
        around = padding if isinstance(padding, tuple) else (0, 0, 0, 0)
        sizes = (image[0] + sum(around[:2]), image[1] + sum(around[2:]))
        reaches = [(size - 1) * dilation + 1 for size, dilation in zip(window, dilations, strict=True)]
        if padding != "SAME" and any(size < reach for size, reach in zip(sizes, reaches, strict=True)):
            continue
        explicit = f', explicit_paddings: {[0, 0, *around, 0, 0]}, padding: "EXPLICIT"'
        attrs = f"strides: {[1, *strides, 1]}, dilations: {[1, *dilations, 1]}"
        attrs += explicit if isinstance(padding, tuple) else f', padding: "{padding}"'
        yield (
            f"{window} of {image} {strides} {dilations} {padding}".replace(", ", "x"),
            f"%x = Placeholder() {{shape: shape[2, {image[0]}, {image[1]}, {CHANNELS}]}}\n"
            f"%w = float32[{window[0]}, {window[1]}, {CHANNELS}, 1]\n"
            f"%c = DepthwiseConv2dNative(%x, %w) {{{attrs}}}\n" + next(behind),
        )


TEXTS = dict(_graphs())


def _expected(text: str, seed: int, data: np.ndarray) -> np.ndarray:
    nodes = model_of(text, seed).graph.nodes
    attrs: Any = nodes["c"].attrs
    padding = attrs["padding"].decode()
    if padding == "EXPLICIT":
        data = np.pad(data, np.reshape(attrs["explicit_paddings"], (4, 2)))
        padding = "VALID"
    found = _convolved(data, nodes["w"].tensor.read(), attrs["strides"], attrs["dilations"][1:3], padding)
    if "b" in nodes:
        found = tf.nn.bias_add(found, nodes["b"].tensor.read())
    if "r" in nodes:
        found = {"Relu6": tf.nn.relu6, "Elu": tf.nn.elu}[nodes["r"].op](found)
    return found.numpy()


def _convolved(data: np.ndarray, kernel: np.ndarray, strides: list[int], dilations: list[int], padding: str) -> Any:
    if strides[1] != strides[2]:  # which TensorFlow only does with equal ones
        full = tf.nn.depthwise_conv2d(_padded(data, kernel, strides, padding), kernel, [1, 1, 1, 1], "VALID")
        return full[:, :: strides[1], :: strides[2]]
    return tf.nn.depthwise_conv2d(data, kernel, strides, padding, dilations=dilations)


def _padded(data: np.ndarray, kernel: np.ndarray, strides: list[int], padding: str) -> np.ndarray:
    if padding == "VALID":
        return data
    pads = [(0, 0)] * 4
    for axis in (1, 2):
        size, stride = data.shape[axis], strides[axis]
        total = max(0, (-(-size // stride) - 1) * stride + kernel.shape[axis - 1] - size)
        pads[axis] = (total // 2, total - total // 2)
    return np.pad(data, pads)


def _places(folder: Path) -> set[int]:
    """How many places the windows of a written model have."""
    manifest = json.loads((folder / "model.json").read_text())["weightsManifest"]
    shapes = [weight["shape"] for group in manifest for weight in group["weights"]]
    return {shape[0] * shape[1] for shape in shapes if len(shape) == 4}


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    data = [array for _, array in inputs(joined(TEXTS.items()))]
    cases = enumerate(zip(TEXTS.items(), data, strict=True))
    return {f"{name} 0": _expected(text, seed, array) for seed, ((name, text), array) in cases}


@pytest.mark.parametrize("backend", ["cpu", "wasm"])
def test_equals_tensorflow(
    backend: Backend, expected: dict[str, np.ndarray], tfjs: TfjsRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depthwise_windows, "GAIN_OF_A_NODE", 0)
    model = joined(TEXTS.items())
    data = dict(inputs(model))
    keys = [port.key for port in model.signature.outputs]
    graphs.write(model, tmp_path, Options(graph=GraphOptions()))
    assert _places(tmp_path) == {3, 9, 25, WIDER_THAN_IMAGES}
    with closing(tfjs.load(tmp_path, kind="graph", backend=backend)) as loaded:
        for key, found in zip(keys, loaded.predict(data), strict=True):
            assert_close(expected[key], found, key)
