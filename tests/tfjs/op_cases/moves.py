"""Moving elements: slices, joins, gathers, scatters, paddings, reshapes, casts."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.traced_case import Case, Make, bools, fixed, floats, ints, raw

KINDS: dict[str, Any] = {"float": floats, "int": ints, "bool": bools}
NUMBERS: dict[str, Any] = {"float": floats, "int": ints}
X: Any = ([None, 4, 5], floats(3, 4, 5))
Y: Any = ([None, 4, 5], floats(3, 4, 5))


def known(make: Make, *shape: int) -> Any:
    return ([None, *shape[1:]], make)


JOINS = [
    Case(
        f"Concat {axis} {kind}",
        lambda x, y, axis=axis: [raw.Concat(concat_dim=axis, values=[x, y]), raw.ConcatV2(values=[y, x, y], axis=axis)],
        [known(make(3, 4, 5), 3, 4, 5)] * 2,
    )
    for axis in (0, 1, 2)
    for kind, make in KINDS.items()
] + [
    Case(
        "ConcatV2 from behind", lambda x, y: [raw.ConcatV2(values=[y, x], axis=axis) for axis in (-1, -2, -3)], [X, Y]
    ),
    Case("ConcatV2 of nothing", lambda x, y: tf.concat([x, y[:, :0], y], 1), [X, Y]),
    Case("Concat of three", lambda x, y: raw.Concat(concat_dim=1, values=[x, y, x]), [X, Y]),
    Case("ConcatV2 of one", lambda x: raw.ConcatV2(values=[x, x], axis=0), [([None], floats(3))]),
    Case(
        "ConcatV2 of unknown sizes",
        lambda x, y: tf.concat([x, y], -1),
        [([None] * 3, floats(2, 3, 4)), ([None] * 3, floats(2, 3, 2))],
    ),
    *[
        Case(
            f"Pack {axis} {kind}",
            lambda x, y, axis=axis: raw.Pack(values=[x, y, x], axis=axis),
            [known(make(3, 4), 3, 4)] * 2,
        )
        for axis in (0, 1, 2, -1, -2)
        for kind, make in KINDS.items()
    ],
    Case("Pack of scalars", lambda x, y: tf.stack([x, y]), [([], floats()), ([], floats())]),
    *[
        Case(
            f"Unpack {axis} {kind}",
            lambda x, axis=axis: raw.Unpack(value=x, axis=axis, num=4),
            [([None, 4] if axis in (1, -1) else [4, None], make(*((3, 4) if axis in (1, -1) else (4, 3))))],
        )
        for axis in (0, 1, -1, -2)
        for kind, make in KINDS.items()
    ],
    Case("Unpack to scalars", lambda x: tf.unstack(x), [([3], floats(3))]),
    *[
        Case(
            f"Split {axis} {kind}",
            lambda x, axis=axis: [
                *raw.Split(axis=axis, value=x, num_split=2),
                *raw.SplitV(value=x, size_splits=[1, 3, 2], axis=axis, num_split=3),
            ],
            [known(make(6, 6, 6), 6, 6, 6)],
        )
        for axis in (1, 2, -1, -2)
        for kind, make in KINDS.items()
    ],
    Case("Split of rows", lambda x: [*tf.split(x, 3), *tf.split(x, [2, 4], 0)], [([6, 2], floats(6, 2))]),
    Case(
        "SplitV with a rest",
        lambda x: raw.SplitV(value=x, size_splits=[2, -1, 1], axis=1, num_split=3),
        [([None, 7], floats(3, 7))],
    ),
    Case(
        "SplitV of unknown size",
        lambda x: raw.SplitV(value=x, size_splits=[2, -1], axis=-1, num_split=2),
        [([None, None], floats(3, 7))],
    ),
]
SLICES = (
    [
        Case(
            f"Slice {begin} {size} {kind}",
            lambda x, begin=begin, size=size: raw.Slice(input=x, begin=begin, size=size),
            [known(make(3, 4, 5), 3, 4, 5)],
        )
        for begin, size in (
            ([0, 1, 2], [-1, 2, 3]),
            ([1, 0, 4], [2, -1, -1]),
            ([0, 0, 0], [3, 0, 5]),
            ([3, 0, 0], [-1, 1, 1]),
        )
        for kind, make in KINDS.items()
        if kind == "float" or 0 not in size
    ]
    + [
        Case("Slice at an input", lambda x, b: tf.slice(x, [b, 0, b], [-1, 2, 2]), [X, ([], fixed(1, "<i4"))]),
        Case(
            "Slice of rank 5",
            lambda x: tf.slice(x, [0, 1, 0, 1, 0], [-1, 1, -1, 1, 2]),
            [([None, 2, 2, 3, 2], floats(2, 2, 2, 3, 2))],
        ),
        Case(
            "Slice of rank 6",
            lambda x: tf.slice(x, [0, 1, 0, 1, 0, 0], [-1, 1, -1, 1, 2, 1]),
            [([None, 2, 2, 3, 2, 2], floats(2, 2, 2, 3, 2, 2))],
        ),
        Case("Slice of one axis", lambda x: tf.slice(x, [1], [-1]), [([None], floats(5))]),
    ]
    + [
        Case(f"strided slice {name} {kind}", function, [known(make(3, 4, 5, 6), 3, 4, 5, 6)])
        for name, function in {
            "index": lambda x: x[1],
            "last": lambda x: x[:, -1],
            "begin": lambda x: x[1:],
            "end": lambda x: x[:, :-1],
            "both": lambda x: x[:, 1:3, -4:-1],
            "step": lambda x: x[::2, :, 1::2],
            "step from behind": lambda x: x[:, -3:-1:2],
            "backwards": lambda x: x[::-1, :, ::-2],
            "ellipsis": lambda x: x[..., 1:],
            "ellipsis and index": lambda x: x[..., 2, :],
            "ellipsis between": lambda x: x[1:, ..., 2],
            "new axis": lambda x: x[:, None, 1:],
            "new axis at the end": lambda x: x[..., None],
            "new axis, index, step": lambda x: x[None, 1, :, None, ::2],
            "all at once": lambda x: x[-1, None, ..., ::-1, 1:3],
            "scalar": lambda x: x[1, 2, 3, 4],
        }.items()
        for kind, make in KINDS.items()
    ]
    + [
        Case(f"strided slice {name}", function, [([None] * 3, floats(3, 4, 5)), ([], fixed(2, "<i4"))])
        for name, function in {
            "at an input": lambda x, n: x[:, n],
            "up to an input": lambda x, n: x[:, :n, n:],
            "of any size": lambda x, n: x[:, -2:, ::2],
            "by an input": lambda x, n: tf.strided_slice(x, [0, 0, 0], tf.shape(x), [1, 1, n]),
            "before the end": lambda x, n: x[:, : tf.shape(x)[1] - 1],
            "beyond the end": lambda x, n: x[:, 1:9, -9:3],
        }.items()
    ]
    + [
        Case("strided slice of unknown rank", lambda x: x[:, 0], [(None, floats(3, 4, 5))]),
        Case("strided slice of unknown rank with ellipsis", lambda x: x[..., -1], [(None, floats(3, 4, 5))]),
        Case(
            "strided slice of a shape",
            lambda x: [tf.shape(x)[0], tf.shape(x)[1:], tf.shape(x)[-1]],
            [([None] * 3, floats(3, 4, 5))],
        ),
        Case("strided slice of one axis", lambda x: [x[1:4], x[::2], x[-1], x[2]], [([None], floats(6))]),
        Case(
            "strided slice of rank 5", lambda x: x[:, 1, ::2, None, 1:], [([None, 2, 3, 3, 2], floats(2, 2, 3, 3, 2))]
        ),
    ]
)
INDEX = fixed([[2, 0], [1, 1]], "<i4")
GATHERS = (
    [
        Case(
            f"Gather {kind}",
            lambda x, i: [raw.Gather(params=x, indices=i), raw.GatherV2(params=x, indices=i, axis=0)],
            [known(make(3, 4), 3, 4), ([None, 2], INDEX)],
        )
        for kind, make in KINDS.items()
    ]
    + [
        Case(
            f"GatherV2 {axis} {kind}",
            lambda x, i, axis=axis: raw.GatherV2(params=x, indices=i, axis=axis),
            [known(make(3, 4, 5), 3, 4, 5), ([None, 2], INDEX)],
        )
        for axis in (1, 2, -1, -2)
        for kind, make in KINDS.items()
    ]
    + [
        Case(
            f"GatherV2 in batches {axis} {batch} {signature}",
            lambda x, i, axis=axis, batch=batch: raw.GatherV2(params=x, indices=i, axis=axis, batch_dims=batch),
            [(signature, floats(3, 4, 5)), ([None] * rank, ints(*(3, 4, 2)[:rank], low=0, high=4))],
        )
        for axis, batch, rank in ((1, 1, 1), (1, 1, 2), (2, 1, 2), (2, 2, 2), (2, 2, 3), (-1, 1, 2), (-2, -1, 2))
        for signature in ([None, 4, 5], [None, None, None])
        if batch >= 0
    ]
    + [
        Case(
            "GatherV2 by a scalar", lambda x, i: [tf.gather(x, i), tf.gather(x, i, axis=1)], [X, ([], fixed(2, "<i8"))]
        ),
        Case("GatherV2 by int64", lambda x, i: tf.gather(x, i, axis=2), [X, ([None], fixed([4, 0, 3], "<i8"))]),
        Case("GatherV2 of one axis", lambda x, i: tf.gather(x, i), [([None], floats(5)), ([None, 2], INDEX)]),
        *[
            Case(
                f"GatherNd {name} {kind}",
                lambda x, i: raw.GatherNd(params=x, indices=i),
                [known(make(3, 4, 5), 3, 4, 5), ([None] * index.ndim, fixed(index, "<i4"))],
            )
            for name, index in {
                "elements": np.array([[2, 0, 4], [1, 1, 1]]),
                "rows": np.array([[2, 0], [1, 1]]),
                "planes": np.array([[2], [1], [0]]),
                "nested": np.array([[[2, 0]], [[1, 1]]]),
                "one": np.array([2, 3]),
            }.items()
            for kind, make in KINDS.items()
        ],
        Case(
            "GatherV2 in batches of unknown rank",
            lambda x, i: raw.GatherV2(params=x, indices=i, axis=1, batch_dims=1),
            [(None, floats(3, 4, 5)), ([None, None], ints(3, 2, low=0, high=4))],
        ),
        Case(
            "GatherNd in batches",
            lambda x, i: tf.gather_nd(x, i, batch_dims=1),
            [X, ([None, 1], fixed([[2], [0], [3]], "<i4"))],
        ),
        Case(
            "embedding",
            lambda x: tf.nn.embedding_lookup(tf.constant(np.random.default_rng(3).normal(size=(6, 3)), tf.float32), x),
            [([None, None], ints(2, 4, low=0, high=6))],
        ),
        Case("boolean mask", lambda x, m: tf.boolean_mask(x, m), [X, ([None], fixed([True, False, True], "?"))]),
        Case(
            "embedding_lookup_sparse",
            lambda x, w: tf.nn.embedding_lookup_sparse(
                w, tf.SparseTensor([[0, 0], [0, 1], [2, 0]], x, [3, 2]), None, combiner="sum"
            ),
            [([3], fixed([1, 4, 0], "<i8")), ([6, 3], floats(6, 3))],
        ),
    ]
)
SCATTERS = (
    [
        Case(
            f"ScatterNd {kind}",
            lambda x: [
                raw.ScatterNd(indices=[[4], [1], [4]], updates=x, shape=[6, 4]),
                tf.scatter_nd([[1, 2], [0, 3], [1, 2]], x[:, 0], [2, 5]),
            ],
            [([3, 4], make(3, 4))],
        )
        for kind, make in NUMBERS.items()
    ]
    + [
        Case(
            f"{op} {kind}",
            lambda x, u, op=op: getattr(raw, op)(tensor=x, indices=[[1], [3]], updates=u),
            [known(make(5, 4), 5, 4), known(make(2, 4), 2, 4)],
        )
        for op in ("TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub")
        for kind, make in KINDS.items()
        if kind != "bool" or op == "TensorScatterUpdate"
    ]
    + [
        Case(
            "TensorScatterUpdate of elements",
            lambda x, u: tf.tensor_scatter_nd_update(x, [[0, 1], [2, 2]], u),
            [known(floats(5, 4), 5, 4), ([2], floats(2))],
        ),
        Case(
            "SparseToDense",
            lambda v: [
                raw.SparseToDense(
                    sparse_indices=[[0, 1], [2, 0]], output_shape=[3, 4], sparse_values=v, default_value=0.5
                ),
                raw.SparseToDense(sparse_indices=[1, 3], output_shape=[5], sparse_values=v, default_value=-1.0),
            ],
            [([2], floats(2))],
        ),
        Case(
            "SparseToDense of one value",
            lambda v: raw.SparseToDense(
                sparse_indices=[[0, 1], [2, 0]], output_shape=[3, 4], sparse_values=v, default_value=0.5
            ),
            [([], floats())],
        ),
        Case(
            "SparseToDense of bools",
            lambda v: raw.SparseToDense(sparse_indices=[1, 3], output_shape=[5], sparse_values=v, default_value=False),
            [([2], bools(2))],
        ),
        Case(
            "stitch of any",
            lambda x, y, i, j: raw.DynamicStitch(indices=[i, j], data=[x, y]),
            [
                ([None, 4], floats(2, 4)),
                ([None, 4], floats(3, 4)),
                ([None], fixed([3, 1], "<i4")),
                ([None], fixed([0, 2, 4], "<i4")),
            ],
        ),
        Case(
            "DynamicPartition",
            lambda x, i: raw.DynamicPartition(data=x, partitions=i, num_partitions=3),
            [([None, 4], floats(5, 4)), ([None], fixed([0, 2, 0, 1, 2], "<i4"))],
        ),
        Case(
            "DynamicPartition of integers",
            lambda x, i: raw.DynamicPartition(data=x, partitions=i, num_partitions=2),
            [([None], ints(5)), ([None], fixed([0, 1, 0, 1, 1], "<i4"))],
        ),
    ]
)
PADS = [
    Case(f"{op} {kind}", function, [known(make(3, 4, 5), 3, 4, 5)])
    for kind, make in KINDS.items()
    for op, function in {
        "Pad": lambda x: raw.Pad(input=x, paddings=[[0, 1], [2, 0], [1, 3]]),
        "PadV2": lambda x: raw.PadV2(input=x, paddings=[[0, 1], [2, 0], [1, 3]], constant_values=tf.cast(1, x.dtype)),
        "MirrorPad reflecting": lambda x: raw.MirrorPad(input=x, paddings=[[0, 1], [2, 0], [1, 3]], mode="REFLECT"),
        "MirrorPad symmetric": lambda x: raw.MirrorPad(input=x, paddings=[[0, 1], [2, 0], [1, 3]], mode="SYMMETRIC"),
        "Tile": lambda x: raw.Tile(input=x, multiples=[2, 1, 3]),
        "ReverseV2": lambda x: [raw.ReverseV2(tensor=x, axis=axis) for axis in ([0], [1, 2], [-1], [])],
        "Reverse": lambda x: raw.Reverse(tensor=x, dims=[True, False, True]),
        "BroadcastTo": lambda x: tf.broadcast_to(x[:, :1], [2, 3, 4, 5]),
        "Transpose": lambda x: [
            tf.transpose(x, order) for order in ([0, 2, 1], [2, 0, 1], [1, 0, 2], [2, 1, 0], [0, 1, 2])
        ],
        "Transpose of all": lambda x: tf.transpose(x),
        "ExpandDims": lambda x: [raw.ExpandDims(input=x, axis=axis) for axis in (0, 1, 3, -1, -4, -2)],
        "Squeeze": lambda x: [
            raw.Squeeze(input=x[:1, :, None, :1]),
            raw.Squeeze(input=x[:, :, None, :1], axis=[2]),
            raw.Squeeze(input=x[:, :, None, :1], axis=[-1, 2]),
        ],
        "Reshape": lambda x: [tf.reshape(x, shape) for shape in ([-1], [3, -1, 2], [4, -1], [2, 3, 5, 2])],
        "Fill": lambda x: [tf.fill([2, 3], x[0, 0, 0]), tf.zeros_like(x), tf.ones_like(x)],
        "Roll": lambda x: [tf.roll(x, 2, 1), tf.roll(x, [1, -1], [0, 2])],
        "Repeat": lambda x: [tf.repeat(x, 2, 1), tf.repeat(x, [1, 0, 2, 1], 1)],
        "SpaceToBatchND": lambda x: raw.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[0, 0], [1, 0]]),
        "BatchToSpaceND": lambda x: raw.BatchToSpaceND(
            input=tf.tile(x, [2, 1, 1]), block_shape=[2, 3], crops=[[1, 0], [0, 2]]
        ),
        "Where": lambda x: tf.where(tf.cast(x, tf.bool)),
        "IdentityN": lambda x: raw.IdentityN(input=[x, x[0]]),
        "ShapeN": lambda x: raw.ShapeN(input=[x, x[0]]),
        "Size": lambda x: [tf.size(x), tf.rank(x), tf.shape(x), tf.shape(x, tf.int64)],
        "EnsureShape": lambda x: tf.ensure_shape(x, [None, 4, 5]),
        "StopGradient": lambda x: [tf.stop_gradient(x), raw.PreventGradient(input=x), raw.Snapshot(input=x)],
    }.items()
    if kind != "bool" or op not in ("MirrorPad reflecting", "MirrorPad symmetric", "SpaceToBatchND", "BatchToSpaceND")
] + [
    Case("Pad by an input", lambda x, n: tf.pad(x, [[0, 0], [n, 1], [0, n]]), [X, ([], fixed(2, "<i4"))]),
    Case("PadV2 by an input", lambda x, v: tf.pad(x, [[0, 0], [1, 1], [0, 2]], constant_values=v), [X, ([], floats())]),
    Case(
        "Pad of rank 5",
        lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0], [2, 1], [0, 0]]),
        [([None, 2, 2, 3, 2], floats(2, 2, 2, 3, 2))],
    ),
    Case("Pad of one axis", lambda x: [tf.pad(x, [[1, 2]]), tf.pad(x, [[1, 2]], "SYMMETRIC")], [([None], floats(5))]),
    Case("Tile by an input", lambda x, n: tf.tile(x, [n, 1, 2]), [X, ([], fixed(2, "<i4"))]),
    Case("Tile of one axis", lambda x: tf.tile(x, [3]), [([None], floats(5))]),
    Case("Tile by nothing", lambda x: tf.tile(x, [1, 0, 1]), [X]),
    Case(
        "Transpose of rank 5 and 6",
        lambda x: [tf.transpose(x, [4, 0, 3, 1, 2]), tf.transpose(x[:, None], [5, 0, 3, 1, 4, 2])],
        [([None, 2, 2, 3, 2], floats(2, 2, 2, 3, 2))],
    ),
    Case("Transpose by an input", lambda x, n: tf.transpose(x, n), [X, ([3], fixed([1, 2, 0], "<i4"))]),
    Case("Transpose of empty", lambda x: tf.transpose(x, [1, 0]), [([None, 3], floats(0, 3))]),
    Case(
        "BroadcastArgs", lambda x: tf.broadcast_to(x[:1, :1], raw.BroadcastArgs(s0=tf.shape(x), s1=[2, 1, 1, 5])), [X]
    ),
    Case("BroadcastTo of a scalar", lambda x: tf.broadcast_to(x, [2, 3]), [([], floats())]),
    Case("DepthToSpace", lambda x: [raw.DepthToSpace(input=x, block_size=2)], [([None, 2, 3, 8], floats(2, 2, 3, 8))]),
    Case(
        "DepthToSpace by three",
        lambda x: raw.DepthToSpace(input=x, block_size=3),
        [([None, 2, 3, 9], floats(2, 2, 3, 9))],
    ),
    Case("SpaceToDepth", lambda x: [raw.SpaceToDepth(input=x, block_size=2)], [([None, 4, 6, 3], floats(2, 4, 6, 3))]),
    Case(
        "SpaceToDepth of integers",
        lambda x: [raw.SpaceToDepth(input=x, block_size=2)],
        [([None, 4, 6, 3], ints(2, 4, 6, 3))],
    ),
    Case(
        "SpaceToBatchND of one axis",
        lambda x: raw.SpaceToBatchND(input=x, block_shape=[2], paddings=[[1, 1]]),
        [([None, 4, 3], floats(2, 4, 3))],
    ),
    Case("Reshape by an input", lambda x, n: tf.reshape(x, [n, -1]), [X, ([], fixed(6, "<i4"))]),
    Case("meshgrid", lambda x, y: tf.meshgrid(x, y), [([None], floats(3)), ([None], floats(4))]),
    Case("sequence mask", lambda n: tf.sequence_mask(n, 5), [([None], ints(4, low=0, high=6))]),
    Case(
        "sequence mask of any length",
        lambda n: tf.sequence_mask(n, dtype=tf.float32),
        [([None], ints(4, low=0, high=6))],
    ),
]
CASTS = [
    Case(f"Cast {source} to {target}", lambda x, target=target: tf.cast(x, target), [([None], fixed(values, dtype))])
    for source, dtype, values in (
        ("float32", "<f4", [0.0, -0.0, 1.9, -1.9, 2.5, 100.7, -3.2]),
        ("int32", "<i4", [0, 1, -5, 1 << 24, 77]),
        ("bool", "?", [True, False, True]),
        ("int64", "<i8", [0, 1, -5, 1 << 24, 77]),
        ("uint8", "u1", [0, 1, 255, 7]),
        ("float64", "<f8", [0.25, -7.75, 1e5]),
        ("float16", "<f2", [0.25, -7.75, 100]),
    )
    for target in (tf.float32, tf.int32, tf.bool, tf.int64, tf.float64)
    if source != target.name
]
GROUPS = {
    "joins": JOINS,
    "slices": SLICES,
    "gathers": GATHERS,
    "scatters": SCATTERS,
    "paddings": PADS,
    "casts": CASTS,
}
