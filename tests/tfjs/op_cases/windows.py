"""Convolutions, pools, resizes: every padding, stride, dilation and order of axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.traced_case import Case, floats, ints, raw

IMAGE: Any = ([None, 7, 8, 4], floats(2, 7, 8, 4))
FIRST: Any = ([None, 4, 7, 8], floats(2, 4, 7, 8))
ANY: Any = ([None, None, None, 4], floats(2, 7, 8, 4))
VOLUME: Any = ([None, 5, 6, 4, 3], floats(2, 5, 6, 4, 3))
PADS = {"SAME": "SAME", "VALID": "VALID", "explicit": [[0, 0], [1, 2], [0, 3], [0, 0]]}
STEPS = ((1, 1), (2, 1), (1, 2), (3, 1), (2, 2))


def kernel(*shape: int) -> Any:
    return (list(shape), floats(*shape))


def four(step: Any, first: bool = False) -> list[int]:
    pair = [step, step] if isinstance(step, int) else list(step)
    return [1, 1, *pair] if first else [1, *pair, 1]


def pads(name: str, first: bool = False) -> dict[str, Any]:
    found = PADS[name]
    if isinstance(found, str):
        return {"padding": found}
    rows = [found[axis] for axis in (0, 3, 1, 2)] if first else found
    return {"padding": "EXPLICIT", "explicit_paddings": [each for row in rows for each in row]}


def convolve(op: str, padding: str, stride: Any, dilation: Any, first: bool = False) -> Any:
    return lambda x, k: getattr(raw, op)(
        input=x, filter=k, strides=four(stride, first), dilations=four(dilation, first),
        data_format="NCHW" if first else "NHWC", **pads(padding, first),
    )  # fmt: skip


CONVOLUTIONS = (
    # Strides that jump further than the window reaches along one axis, rows added along the other.
    [
        Case(
            f"{op} uneven {rows}x{columns}", convolve(op, "SAME", 2, 1), [IMAGE, kernel(rows, columns, 4, 2)], (), 1e-4
        )
        for op in ("Conv2D", "DepthwiseConv2dNative")
        for rows, columns in ((3, 1), (1, 3))
    ]
    + [
        Case(
            f"{op} {padding} {stride} {dilation} {kind}",
            convolve(op, padding, stride, dilation),
            [image, kernel(3, 2, 4, 3)],
            (),
            1e-4,
        )
        for op in ("Conv2D", "DepthwiseConv2dNative")
        for padding in PADS
        for stride, dilation in STEPS
        for kind, image in (("known", IMAGE), ("any", ANY))
        if not (kind == "any" and stride > 1 and dilation > 1 and padding == "SAME")
        and (kind == "known" or padding != "explicit")
    ]
    + [
        Case(
            f"Conv2D uneven {padding}",
            convolve("Conv2D", padding, (2, 3), (1, 1)),
            [IMAGE, kernel(3, 2, 4, 3)],
            (),
            1e-4,
        )
        for padding in PADS
    ]
    + [
        Case(
            f"{op} dilated unevenly {padding}",
            convolve(op, padding, (1, 1), (2, 3)),
            [IMAGE, kernel(3, 2, 4, 3)],
            (),
            1e-4,
        )
        for op in ("Conv2D", "DepthwiseConv2dNative")
        for padding in PADS
    ]
    + [
        Case(f"{op} of large windows", convolve(op, "SAME", 1, 1), [IMAGE, kernel(9, 9, 4, 2)], (), 1e-3)
        for op in ("Conv2D", "DepthwiseConv2dNative")
    ]
    + [
        Case("Conv2D of points", convolve("Conv2D", "VALID", 2, 1), [IMAGE, kernel(1, 1, 4, 2)], (), 1e-4),
        Case(
            "Conv2D of one pixel",
            convolve("Conv2D", "SAME", 1, 1),
            [([None, 1, 1, 4], floats(3, 1, 1, 4)), kernel(3, 3, 4, 2)],
            (),
            1e-4,
        ),
        Case(
            "Conv2D in groups, strided and dilated",
            convolve("Conv2D", "SAME", 2, 2),
            [IMAGE, kernel(3, 2, 2, 6)],
            (),
            1e-4,
        ),
        Case(
            "conv1d",
            lambda x, k: tf.nn.conv1d(x, k, 2, "SAME"),
            [([None, 9, 4], floats(2, 9, 4)), kernel(3, 4, 5)],
            (),
            1e-4,
        ),
        Case(
            "conv1d dilated",
            lambda x, k: tf.nn.conv1d(x, k, 1, "VALID", dilations=2),
            [([None, 9, 4], floats(2, 9, 4)), kernel(3, 4, 5)],
            (),
            1e-4,
        ),
        Case(
            "dilated by batches",
            lambda x, k: tf.nn.with_space_to_batch(
                x, [2, 2], "VALID", lambda y, _, __: tf.nn.conv2d(y, k, 1, "VALID"), [3, 2]
            ),
            [IMAGE, kernel(3, 2, 4, 3)],
            (),
            1e-4,
        ),
        Case(
            "separable",
            lambda x, k, p: tf.nn.separable_conv2d(x, k, p, four(1), "SAME"),
            [IMAGE, kernel(3, 3, 4, 2), kernel(1, 1, 8, 3)],
            (),
            1e-4,
        ),
    ]
)
VOLUMES = (
    [
        Case(
            f"Conv3D {padding} {strides} {dilations}",
            lambda x, k, padding=padding, strides=strides, dilations=dilations: raw.Conv3D(
                input=x, filter=k, strides=[1, *strides, 1], padding=padding, dilations=[1, *dilations, 1]
            ),
            [VOLUME, kernel(2, 3, 2, 3, 4)],
            (),
            1e-4,
        )
        for padding in ("SAME", "VALID")
        for strides, dilations in (
            ((1, 1, 1), (1, 1, 1)),
            ((2, 1, 3), (1, 1, 1)),
            ((1, 1, 1), (1, 2, 1)),
            ((1, 1, 1), (2, 2, 2)),
        )
    ]
    + [
        Case(
            f"{op} {padding} {sizes} {strides}",
            lambda x, op=op, padding=padding, sizes=sizes, strides=strides: getattr(raw, op)(
                input=x, ksize=[1, *sizes, 1], strides=[1, *strides, 1], padding=padding
            ),
            [([None, 5, 6, 4, 3], floats(2, 5, 6, 4, 3, high=high))],
        )
        for op in ("AvgPool3D", "MaxPool3D")
        for padding in ("SAME", "VALID")
        for sizes, strides in (((2, 2, 2), (2, 2, 2)), ((3, 2, 1), (1, 2, 1)), ((3, 3, 3), (2, 2, 2)))
        for high in (2, -0.5)
    ]
    + [
        Case(
            f"Conv3DBackpropInputV2 {padding} {strides}",
            lambda k, d, padding=padding, strides=strides, sizes=sizes: raw.Conv3DBackpropInputV2(
                input_sizes=[2, *sizes, 3], filter=k, out_backprop=d, strides=[1, *strides, 1], padding=padding
            ),
            [kernel(2, 3, 2, 3, 4), ([None, 2, 3, 2, 4], floats(2, 2, 3, 2, 4))],
            (),
            1e-4,
        )
        for padding, strides, sizes in (
            ("SAME", (2, 2, 2), (4, 6, 4)),
            ("VALID", (2, 2, 2), (4, 7, 4)),
            ("SAME", (1, 1, 1), (2, 3, 2)),
            ("VALID", (3, 1, 2), (5, 5, 4)),
            ("SAME", (2, 2, 2), (3, 5, 3)),
        )
    ]
)
POOLS = (
    [
        Case(
            f"{op} {padding} {sizes} {strides} {layout}",
            lambda x, op=op, padding=padding, sizes=sizes, strides=strides, layout=layout: (
                getattr(raw, op)(
                    value=x,
                    ksize=four(sizes, layout == "NCHW"),
                    strides=four(strides, layout == "NCHW"),
                    padding=padding,
                    data_format=layout,
                )
                if op == "AvgPool"
                else raw.MaxPool(
                    input=x,
                    ksize=four(sizes, layout == "NCHW"),
                    strides=four(strides, layout == "NCHW"),
                    padding=padding,
                    data_format=layout,
                )
            ),
            [([None, 7, 8, 4], floats(2, 7, 8, 4, high=-0.5))],
        )
        for op in ("AvgPool", "MaxPool")
        for padding in ("SAME", "VALID")
        for sizes, strides in ((2, 2), ((3, 2), (1, 2)), (3, 2), (1, 2), ((7, 8), 1))
        for layout in ("NHWC",)
    ]
    + [
        Case(
            f"MaxPool explicit {strides}",
            lambda x, strides=strides: raw.MaxPool(
                input=x,
                ksize=four(3),
                strides=four(strides),
                padding="EXPLICIT",
                explicit_paddings=[0, 0, 1, 1, 0, 2, 0, 0],
            ),
            [([None, 7, 8, 4], floats(2, 7, 8, 4, high=-0.5))],
        )
        for strides in (1, 2)
    ]
    + [
        Case("AvgPool of large windows", lambda x: tf.nn.avg_pool2d(x, 5, 3, "SAME"), [IMAGE]),
        Case("MaxPool of integers", lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), [([None, 5, 6, 3], ints(2, 5, 6, 3))]),
        Case(
            "pool of one axis",
            lambda x: [tf.nn.max_pool1d(x, 3, 2, "SAME"), tf.nn.avg_pool1d(x, 3, 2, "SAME")],
            [([None, 9, 4], floats(2, 9, 4, high=-0.5))],
        ),
        Case(
            "pool by any size", lambda x: [tf.nn.max_pool2d(x, 3, 2, "SAME"), tf.nn.avg_pool2d(x, 3, 2, "VALID")], [ANY]
        ),
        *[
            Case(
                f"MaxPoolWithArgmax {padding} {batch} {sizes} {strides}",
                lambda x, padding=padding, batch=batch, sizes=sizes, strides=strides: list(
                    raw.MaxPoolWithArgmax(
                        input=x, ksize=four(sizes), strides=four(strides), padding=padding, include_batch_in_index=batch
                    )
                ),
                [([None, 6, 8, 4], floats(2, 6, 8, 4, high=high))],
            )
            for padding in ("SAME", "VALID")
            for batch in (False, True)
            for sizes, strides, high in ((2, 2, 2), (3, 2, -0.5))
        ],
        *[
            Case(
                f"Dilation2D {padding} {strides} {rates} {low}",
                lambda x, k, padding=padding, strides=strides, rates=rates: raw.Dilation2D(
                    input=x, filter=k, strides=four(strides), rates=four(rates), padding=padding
                ),
                [([None, 7, 8, 3], floats(2, 7, 8, 3, low=low, high=low + 2)), kernel(3, 2, 3)],
            )
            for padding in ("SAME", "VALID")
            for strides, rates in ((1, 1), (2, 1), (1, 2), (2, 2))
            for low in (-9, 1)
        ],
        *[
            Case(
                f"Dilation2D of any size {padding}",
                lambda x, k, padding=padding: raw.Dilation2D(
                    input=x,
                    filter=k,
                    strides=four(2 if padding == "SAME" else 1),
                    rates=four(1 if padding == "SAME" else 2),
                    padding=padding,
                ),
                [([None] * 4, floats(2, 7, 8, 3)), kernel(2, 2, 3)],
            )
            for padding in ("SAME", "VALID")
        ],
        *[
            Case(
                f"MaxPoolWithArgmax of any size {padding}",
                lambda x, padding=padding, size=size, batch=batch: list(
                    raw.MaxPoolWithArgmax(
                        input=x, ksize=four(size), strides=four(size), padding=padding, include_batch_in_index=batch
                    )
                ),
                [([None] * 4, floats(2, 6, 9, 3, high=-0.5))],
            )
            for padding, size, batch in (("SAME", 2, True), ("VALID", 3, False))
        ],
        Case(
            "Erosion2D",
            lambda x, k: tf.nn.erosion2d(x, k, four(1), "SAME", "NHWC", four(1)),
            [([None, 7, 8, 3], floats(2, 7, 8, 3)), kernel(3, 2, 3)],
        ),
        *[
            Case(
                f"LRN {radius} {alpha}",
                lambda x, radius=radius, bias=bias, alpha=alpha, beta=beta: raw.LRN(
                    input=x, depth_radius=radius, bias=bias, alpha=alpha, beta=beta
                ),
                [([None, 3, 4, 9], floats(2, 3, 4, 9))],
            )
            for radius, bias, alpha, beta in ((5, 1.0, 1.0, 0.5), (2, 2.0, 0.3, 0.75), (1, 1.5, 1e-4, 1.0))
        ],
    ]
)


def transposed(op: str, padding: str, stride: Any, sizes: tuple[int, int], dilation: int = 1) -> Any:
    return lambda k, d: getattr(raw, op)(
        input_sizes=[2, *sizes, k.shape[2]],
        filter=k,
        out_backprop=d,
        strides=four(stride),
        dilations=four(dilation),
        **pads(padding),
    )


def batched(op: str, padding: str, stride: int, sizes: tuple[int, int]) -> Any:
    return lambda k, d: getattr(raw, op)(
        input_sizes=[tf.shape(d)[0], *sizes, k.shape[2]],
        filter=k,
        out_backprop=d,
        strides=four(stride),
        padding=padding,
    )


D: Any = ([None, 3, 4, 5], floats(2, 3, 4, 5))
TRANSPOSED = [
    Case(
        f"Conv2DBackpropInput {padding} {stride} {sizes}",
        transposed("Conv2DBackpropInput", padding, stride, sizes),
        [kernel(3, 2, 4, 5), D],
        (),
        1e-4,
    )
    for padding, stride, sizes in (
        ("SAME", 1, (3, 4)),
        ("SAME", 2, (6, 8)),
        ("SAME", 2, (5, 7)),
        ("VALID", 2, (7, 8)),
        ("VALID", 2, (8, 9)),
        ("VALID", 1, (5, 5)),
        ("SAME", (3, 2), (9, 7)),
        ("VALID", (1, 3), (5, 11)),
    )
] + [
    Case(
        "Conv2DBackpropInput of any batch",
        batched("Conv2DBackpropInput", "SAME", 2, (6, 8)),
        [kernel(3, 2, 4, 5), D],
        (),
        1e-4,
    ),
    Case(
        "Conv2DBackpropInput explicit",
        transposed("Conv2DBackpropInput", "explicit", 2, (4, 5)),
        [kernel(3, 2, 4, 5), D],
        (),
        1e-4,
    ),
    *[
        Case(
            f"Conv2DBackpropInput dilated {padding}",
            transposed("Conv2DBackpropInput", padding, 1, sizes, 2),
            [kernel(3, 2, 4, 5), D],
            (),
            1e-4,
        )
        for padding, sizes in (("SAME", (3, 4)), ("VALID", (7, 6)))
    ],
    *[
        Case(
            f"DepthwiseConv2dNativeBackpropInput {padding} {stride} {multiplier}",
            lambda k, d, padding=padding, stride=stride, sizes=sizes: raw.DepthwiseConv2dNativeBackpropInput(
                input_sizes=[2, *sizes, 3], filter=k, out_backprop=d, strides=four(stride), padding=padding
            ),
            [kernel(3, 2, 3, multiplier), ([None, 3, 4, 3 * multiplier], floats(2, 3, 4, 3 * multiplier))],
            (),
            1e-4,
        )
        for padding, stride, sizes in (("SAME", 1, (3, 4)), ("SAME", 2, (6, 8)), ("VALID", 2, (7, 8)))
        for multiplier in (1, 2)
    ],
]
PIXELS = floats(2, 5, 6, 3, low=0, high=1)
SIZED: Any = ([None, 5, 6, 3], PIXELS)
ONE: Any = ([None, 5, 6, 3], floats(1, 5, 6, 3))
BOXES = np.array([[0.1, 0.2, 0.8, 0.87], [0, 0, 1, 1], [0.9, 0.85, 0.1, 0.2], [-0.3, 0.2, 1.2, 1.1]], "<f4")
IMAGES = (
    [
        Case(
            f"{op} {size} corners {corners} half {half}",
            lambda x, op=op, size=size, corners=corners, half=half: getattr(raw, op)(
                images=x, size=size, align_corners=corners, half_pixel_centers=half
            ),
            [SIZED],
        )
        for op in ("ResizeBilinear", "ResizeNearestNeighbor")
        for size in ((11, 13), (3, 2), (5, 6), (10, 3), (1, 1))
        for corners, half in ((False, False), (False, True), (True, False))
    ]
    + [
        Case(
            f"{op} of integers half {half}",
            lambda x, op=op, half=half: getattr(raw, op)(images=x, size=[7, 9], half_pixel_centers=half),
            [([None, 5, 6, 3], ints(2, 5, 6, 3, low=0, high=99))],
        )
        for op in ("ResizeBilinear", "ResizeNearestNeighbor")
        for half in (False, True)
    ]
    + [
        Case(
            f"resize {method} {antialias} {size}",
            lambda x, method=method, antialias=antialias, size=size: tf.image.resize(
                x, size, method, antialias=antialias
            ),
            [([None, 8, 9, 3], floats(2, 8, 9, 3))],
            (),
            1e-4,
        )
        for method in ("bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic", "nearest")
        for antialias in (False, True)
        for size in ((4, 5), (12, 10))
    ]
    + [
        Case(
            f"resize {method} by any size",
            lambda x, method=method: tf.image.resize(x, tf.shape(x)[1:3] * 2, method),
            [([None, None, None, 3], PIXELS)],
        )
        for method in ("bilinear", "nearest")
    ]
    + [
        Case("resize keeping the ratio", lambda x: tf.image.resize_with_pad(x, 9, 9), [SIZED]),
        Case(
            "crop or pad", lambda x: [tf.image.resize_with_crop_or_pad(x, 3, 9), tf.image.central_crop(x, 0.5)], [SIZED]
        ),
        Case(
            "flips",
            lambda x: [tf.image.flip_left_right(x), tf.image.flip_up_down(x), tf.image.rot90(x), tf.image.transpose(x)],
            [SIZED],
        ),
        Case("standardised", tf.image.per_image_standardization, [SIZED], (), 1e-4),
        Case("grey", lambda x: [tf.image.rgb_to_grayscale(x), tf.image.rgb_to_yuv(x), tf.image.rgb_to_yiq(x)], [SIZED]),
        Case("brightness", lambda x: [tf.image.adjust_brightness(x, 0.2), tf.image.adjust_gamma(x, 0.7)], [SIZED]),
        *[
            Case(
                f"CropAndResize {method} {value}",
                lambda x, method=method, value=value: raw.CropAndResize(
                    image=x,
                    boxes=BOXES,
                    box_ind=[0, 1, 1, 0],
                    crop_size=[4, 3],
                    method=method,
                    extrapolation_value=value,
                ),
                [SIZED],
            )
            for method in ("bilinear", "nearest")
            for value in (0.0, 0.7)
        ],
        Case(
            "CropAndResize of one pixel",
            lambda x: raw.CropAndResize(image=x, boxes=BOXES, box_ind=[0, 1, 1, 0], crop_size=[1, 1]),
            [SIZED],
        ),
        *[
            Case(
                f"ImageProjectiveTransformV3 {interpolation} {mode}",
                lambda x, interpolation=interpolation, mode=mode: raw.ImageProjectiveTransformV3(
                    images=x,
                    transforms=[[0.9, 0.2, -0.53, -0.1, 1.1, 0.31, 0.01, 0.02]],
                    output_shape=[6, 7],
                    fill_value=0.3,
                    interpolation=interpolation,
                    fill_mode=mode,
                ),
                [ONE],
            )
            for interpolation in ("NEAREST", "BILINEAR")
            for mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST")
        ],
        Case(
            "ImageProjectiveTransformV2",
            lambda x: raw.ImageProjectiveTransformV2(
                images=x,
                transforms=[[0.9, 0.2, -0.53, -0.1, 1.1, 0.31, 0.01, 0.02]],
                output_shape=[6, 7],
                interpolation="BILINEAR",
            ),
            [ONE],
        ),
        Case(
            "ScaleAndTranslate",
            lambda x: raw.ScaleAndTranslate(
                images=x, size=[4, 9], scale=[0.7, 1.6], translation=[0.3, -0.4], kernel_type="triangle", antialias=True
            ),
            [SIZED],
        ),
        Case("sobel", tf.image.sobel_edges, [SIZED]),
        Case("total variation", tf.image.total_variation, [SIZED]),
    ]
)
GROUPS = {
    "convolutions": CONVOLUTIONS,
    "volumes": VOLUMES,
    "pools": POOLS,
    "transposed convolutions": TRANSPOSED,
    "images": IMAGES,
}
