"""Ops that stand in graphs that TensorFlow has optimised or laid out for other hardware, which its CPU may not run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.ir.text import parse
from tensorflowjs.pipeline.graphs import write
from tensorflowjs.pipeline.options import Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.tensorflow_oracle import traced

raw = tf.raw_ops
Array = Any
rng = np.random.default_rng(5)


def numbers(*shape: int, low: float = -2) -> Array:
    return rng.uniform(low, 2, shape).astype("<f4")


X, K, D, B = numbers(2, 5, 6, 3), numbers(3, 2, 3, 4), numbers(3, 2, 3, 2), numbers(4)
SIDE = numbers(2, 5, 6, 4)
MATRIX, OTHER = numbers(3, 5), numbers(5, 4)
SCALE, OFFSET, MEAN, SPREAD = numbers(4), numbers(4), numbers(4), numbers(4, low=0.2)


@dataclass(frozen=True)
class Written:
    """A node in text form, its inputs, and what it computes."""

    node: str
    inputs: Sequence[Array]
    wanted: Callable[..., Any]

    def text(self) -> str:
        names = [f"x{at}" for at in range(len(self.inputs))]
        head = [
            f"  input {name}: float32 shape{list(each.shape)} = %{name}"
            for name, each in zip(names, self.inputs, strict=True)
        ]
        made = [
            f"  %{name} = Placeholder() {{dtype: float32, shape: shape{list(each.shape)}}}"
            for name, each in zip(names, self.inputs, strict=True)
        ]
        op, attrs = self.node.split(" ", 1)
        return "\n".join(
            [
                "graph main",
                *head,
                "  output y: float32 shape[] = %y",
                *made,
                f"  %n = {op}({', '.join('%' + name for name in names)}) {attrs}",
                "  %y = Identity(%n) {T: float32}",
            ]
        )


CONV = 'T: float32, strides: [1, 1, 1, 1], padding: "SAME", dilations: [1, 1, 1, 1], data_format: "NHWC"'

ONE = "num_args: 1, TArgs: [float32], num_host_args: 0"
TWO = "num_args: 2, TArgs: [float32, float32], num_host_args: 0"
FOUR = "num_args: 4, TArgs: [float32, float32, float32, float32], num_host_args: 0"
FIRST = CONV.replace("NHWC", "NCHW").replace("[1, 1, 1, 1], padding", "[1, 1, 2, 1], padding")
PRODUCT = "T: float32, transpose_a: false, transpose_b: false"
NORM = 'T: float32, U: float32, epsilon: 0.1, is_training: false, activation_mode: "Relu", data_format: "NHWC"'


def conv(x: Any, k: Any) -> Any:
    return tf.nn.conv2d(x, k, 1, "SAME")


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "Relu": tf.nn.relu, "Relu6": tf.nn.relu6, "Elu": tf.nn.elu, "Tanh": tf.tanh, "Sigmoid": tf.sigmoid,
    "LeakyRelu": lambda x: tf.nn.leaky_relu(x, 0.3), "GeluExact": lambda x: tf.nn.gelu(x, False),
    "GeluApproximate": lambda x: tf.nn.gelu(x, True), "_FusedSwish": tf.nn.silu,
}  # fmt: skip

FUSED = {
    "_FusedConv2D BiasAdd": Written(
        f'_FusedConv2D {{{CONV}, fused_ops: ["BiasAdd"], {ONE}}}',
        [X, K, B],
        lambda x, k, b: conv(x, k) + b,
    ),
    **{
        f"{op} {name}": Written(
            f'{op} {{{CONV}, fused_ops: ["BiasAdd", "{name}"], {ONE}, leakyrelu_alpha: 0.3}}',
            inputs,
            lambda x, k, b, plain=plain, function=function: function(plain(x, k) + b),
        )
        for name, function in ACTIVATIONS.items()
        for op, inputs, plain in (
            ("_FusedConv2D", [X, K, B], conv),
            (
                "_FusedDepthwiseConv2dNative",
                [X, D, numbers(6)],
                lambda x, k: tf.nn.depthwise_conv2d(x, k, [1] * 4, "SAME"),
            ),
        )
    },
    **{
        f"_FusedMatMul {name}": Written(
            f'_FusedMatMul {{{PRODUCT}, fused_ops: ["BiasAdd", "{name}"], num_args: 1, leakyrelu_alpha: 0.3}}',
            [MATRIX, OTHER, B],
            lambda a, b, c, function=function: function(a @ b + c),
        )
        for name, function in ACTIVATIONS.items()
    },
    "_FusedMatMul transposed": Written(
        '_FusedMatMul {T: float32, transpose_a: true, transpose_b: true, fused_ops: ["BiasAdd"], num_args: 1}',
        [MATRIX.T.copy(), OTHER.T.copy(), B],
        lambda a, b, c: tf.transpose(a) @ tf.transpose(b) + c,
    ),
    "_FusedMatMul of a side": Written(
        '_FusedMatMul {T: float32, fused_ops: ["BiasAdd", "Add", "Relu"], num_args: 2}',
        [MATRIX, OTHER, B, numbers(3, 4)],
        lambda a, b, c, d: tf.nn.relu(a @ b + c + d),
    ),
    "_FusedConv2D of a side": Written(
        f'_FusedConv2D {{{CONV}, fused_ops: ["BiasAdd", "Add", "Relu"], {TWO}}}',
        [X, K, B, SIDE],
        lambda x, k, b, s: tf.nn.relu(conv(x, k) + b + s),
    ),
    "_FusedConv2D normalised": Written(
        f'_FusedConv2D {{{CONV}, fused_ops: ["FusedBatchNorm", "Relu"], epsilon: 0.2, {FOUR}}}',
        [X, K, SCALE, OFFSET, MEAN, SPREAD],
        lambda x, k, s, o, m, v: tf.nn.relu(tf.nn.batch_normalization(conv(x, k), m, v, o, s, 0.2)),
    ),
    "_FusedConv2D first": Written(
        f'_FusedConv2D {{{FIRST}, fused_ops: ["BiasAdd", "Relu"], {ONE}}}',
        [X.transpose(0, 3, 1, 2).copy(), K, B],
        lambda x, k, b: tf.transpose(
            tf.nn.relu(tf.nn.conv2d(tf.transpose(x, [0, 2, 3, 1]), k, [2, 1], "SAME") + b), [0, 3, 1, 2]
        ),
    ),
    "_FusedBatchNormEx": Written(
        f"_FusedBatchNormEx {{{NORM}, num_side_inputs: 0}}",
        [SIDE, SCALE, OFFSET, MEAN, SPREAD],
        lambda x, s, o, m, v: tf.nn.relu(tf.nn.batch_normalization(x, m, v, o, s, 0.1)),
    ),
    "_FusedBatchNormEx with a side": Written(
        f"_FusedBatchNormEx {{{NORM}, num_side_inputs: 1}}",
        [SIDE, SCALE, OFFSET, MEAN, SPREAD, SIDE[::-1].copy()],
        lambda x, s, o, m, v, d: tf.nn.relu(tf.nn.batch_normalization(x, m, v, o, s, 0.1) + d),
    ),
}


@pytest.mark.parametrize("name", FUSED, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("backend", ["cpu", "wasm"])
def test_fused(name: str, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    case = FUSED[name]
    model = parse(case.text())
    compare(tfjs, backend, model, tmp_path, case.inputs, [case.wanted(*case.inputs)])


def compare(
    tfjs: TfjsRunner, backend: Backend, model: GraphModel, folder: Path, inputs: Sequence[Array], wanted: Sequence[Any]
) -> None:
    write(model, folder / "model", Options())
    with closing(tfjs.load(folder / "model", kind="graph", backend=backend)) as loaded:
        results = loaded.predict(list(inputs))
    for one, other in zip(wanted, results, strict=True):
        assert tuple(one.shape) == other.shape
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4)


# ---------------------------------------------------------------------------- channels first


@dataclass(frozen=True)
class First:
    """A function of images with channels first or last, by the name of the order."""

    function: Callable[..., Any]
    image: Array
    more: Sequence[Array] = ()
    position: int = 0


def spread(values: Sequence[int], layout: str, rest: int = 1) -> list[int]:
    return [rest, rest, *values] if layout.startswith("NC") else [rest, *values, rest]


def pairs(layout: str) -> list[int]:
    rows = [0, 0, 1, 2, 0, 1, 0, 0]
    return rows if not layout.startswith("NC") else [0, 0, 0, 0, *rows[2:6]]


VOLUME = numbers(2, 4, 5, 6, 3)
LAYOUTS = {4: ("NCHW", "NHWC"), 5: ("NCDHW", "NDHWC")}
IMAGES = {
    **{
        f"{op} {padding} {strides} {dilations}": First(
            lambda x, k, layout, op=op, padding=padding, strides=strides, dilations=dilations: getattr(raw, op)(
                input=x,
                filter=k,
                strides=spread(strides, layout),
                dilations=spread(dilations, layout),
                padding=padding,
                data_format=layout,
                explicit_paddings=pairs(layout) if padding == "EXPLICIT" else [],
            ),
            X,
            [kernel],
        )
        for op, kernel in (("Conv2D", K), ("DepthwiseConv2dNative", D))
        for padding in ("SAME", "VALID", "EXPLICIT")
        for strides, dilations in (((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 1)))
    },
    "Conv2D in groups": First(
        lambda x, k, layout: raw.Conv2D(input=x, filter=k, strides=[1] * 4, padding="SAME", data_format=layout),
        numbers(2, 5, 6, 6),
        [numbers(3, 2, 2, 9)],
    ),
    "Conv2DBackpropInput": First(
        lambda d, k, layout: raw.Conv2DBackpropInput(
            input_sizes=[2, 3, 10, 12] if layout == "NCHW" else [2, 10, 12, 3],
            filter=k,
            out_backprop=d,
            strides=spread((2, 2), layout),
            padding="SAME",
            data_format=layout,
        ),
        SIDE,
        [K],
    ),
    "DepthwiseConv2dNativeBackpropInput": First(
        lambda d, k, layout: raw.DepthwiseConv2dNativeBackpropInput(
            input_sizes=[2, 3, 5, 6] if layout == "NCHW" else [2, 5, 6, 3],
            filter=k,
            out_backprop=d,
            strides=[1] * 4,
            padding="SAME",
            data_format=layout,
        ),
        numbers(2, 5, 6, 6),
        [D],
    ),
    "Conv3D": First(
        lambda x, k, layout: raw.Conv3D(
            input=x, filter=k, strides=spread((1, 2, 1), layout), padding="SAME", data_format=layout
        ),
        VOLUME,
        [numbers(2, 2, 2, 3, 4)],
    ),
    "Conv3DBackpropInputV2": First(
        lambda d, k, layout: raw.Conv3DBackpropInputV2(
            input_sizes=[2, 4, 8, 10, 12] if layout == "NCDHW" else [2, 8, 10, 12, 4],
            filter=k,
            out_backprop=d,
            strides=spread((2, 2, 2), layout),
            padding="SAME",
            data_format=layout,
        ),
        VOLUME,
        [numbers(3, 3, 3, 4, 3)],
    ),
    **{
        f"{op} {padding}": First(
            lambda x, layout, op=op, key=key, padding=padding: getattr(raw, op)(
                **{key: x},
                ksize=spread((3, 2), layout),
                strides=spread((2, 1), layout),
                padding=padding,
                data_format=layout,
                **({"explicit_paddings": pairs(layout)} if padding == "EXPLICIT" else {}),
            ),
            X - 2,
        )
        for op, key in (("MaxPool", "input"), ("AvgPool", "value"))
        for padding in ("SAME", "VALID", "EXPLICIT")
        if (op, padding) != ("AvgPool", "EXPLICIT")
    },
    **{
        op: First(
            lambda x, layout, op=op: getattr(raw, op)(
                input=x,
                ksize=spread((2, 2, 2), layout),
                strides=spread((1, 2, 1), layout),
                padding="SAME",
                data_format=layout,
            ),
            VOLUME - 2,
        )
        for op in ("MaxPool3D", "AvgPool3D")
    },
    "BiasAdd": First(lambda x, b, layout: raw.BiasAdd(value=x, bias=b, data_format=layout), SIDE, [B]),
    **{
        f"FusedBatchNormV3 {training}": First(
            lambda x, s, o, m, v, layout, training=training: raw.FusedBatchNormV3(
                x=x, scale=s, offset=o, mean=m, variance=v, epsilon=0.1, is_training=training, data_format=layout
            )[0],
            SIDE,
            [SCALE, OFFSET, *([MEAN, SPREAD] if not training else [numbers(0), numbers(0)])],
        )
        for training in (False, True)
    },
    "DepthToSpace": First(
        lambda x, layout: raw.DepthToSpace(input=x, block_size=2, data_format=layout), numbers(2, 3, 4, 8)
    ),
    "SpaceToDepth": First(
        lambda x, layout: raw.SpaceToDepth(input=x, block_size=2, data_format=layout), numbers(2, 4, 6, 3)
    ),
}


@pytest.mark.parametrize("backend", ["cpu", "wasm"])
@pytest.mark.parametrize("sizes", ["known", "any batch"], ids=["known", "any"])
def test_channels_first(sizes: str, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """All at once; what they compute is that of channels last, turned."""
    inputs = [value for case in IMAGES.values() for value in (turned(case.image), *case.more)]

    def together(*values: Any) -> list[Any]:
        waiting = iter(values)
        return [
            case.function(*(next(waiting) for _ in range(1 + len(case.more))), layout=LAYOUTS[case.image.ndim][0])
            for case in IMAGES.values()
        ]

    specs = [
        tf.TensorSpec(
            [None, *each.shape[1:]] if sizes == "any batch" and each.ndim == 4 and each.shape[0] == 2 else each.shape
        )
        for each in inputs
    ]
    _, model = traced(together, specs)
    wanted = [
        turned(case.function(case.image, *case.more, layout=LAYOUTS[case.image.ndim][1]).numpy())
        for case in IMAGES.values()
    ]
    compare(tfjs, backend, model, tmp_path, inputs, wanted)


def turned(images: Array) -> Array:
    return np.moveaxis(images, -1, 1).copy()
