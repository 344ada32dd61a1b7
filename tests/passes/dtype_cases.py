"""Small functions of TensorFlow on dtypes that backends of TF.js treat differently, and slices of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.passes.traced_case import Case, bools, floats, ints, raw


def halves(function: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """A function of complex numbers as one of their parts, to those of its results."""

    def parts(x: Any, y: Any) -> list[Any]:
        results = tf.nest.flatten(function(tf.complex(x, y)))
        return [part(result) for result in results for part in (tf.math.real, tf.math.imag)]

    return parts


SLICES = [
    Case(f"slice {name} {signature} {kind}", lambda x, function=function: function(x), [(signature, make(3, 4, 5))])
    for name, function in (
        ("step and index", lambda x: x[::2, 1]),
        ("index and step", lambda x: x[1, ::2]),
        ("index, step, index", lambda x: x[-1, 1:4:2, 2]),
        ("back and index", lambda x: x[::-1, 1]),
        ("back by two", lambda x: x[:, 3:0:-2, ::-3]),
        ("back from an end", lambda x: x[:, -2::-1, 0]),
        ("back to an end", lambda x: x[:, :-3:-1, 0]),
        ("ellipsis", lambda x: x[..., ::2, 1]),
        ("ellipsis between", lambda x: x[1, ..., ::2]),
        ("new axis", lambda x: x[:, tf.newaxis, ::2, 1]),
        ("beyond the end", lambda x: x[:, 1:99:2, 1]),
        ("empty", lambda x: x[:, 3:1:2, 1]),
        ("empty without steps", lambda x: x[:, 3:1]),
        ("empty from behind", lambda x: x[:, -1:-3, 1:]),
    )
    for signature in ([None, 4, 5], [None, None, None])
    for kind, make in (("float", floats), ("int", ints), ("bool", bools))
    if (name, kind) not in (("empty", "int"), ("empty", "bool"))  # WebAssembly gathers nothing from nothing
]

COMPLEX = [
    Case(f"complex {name}", halves(function), [([None, 4], floats(3, 4))] * 2)
    for name, function in (
        ("slice", lambda z: tf.slice(z, [1, 0], [2, 3])),
        ("strided slice", lambda z: z[1:, ::2]),
        ("pad", lambda z: tf.pad(z, [[0, 1], [2, 0]])),
        ("tile", lambda z: tf.tile(z, [1, 2])),
        ("reverse", lambda z: tf.reverse(z, [1])),
        ("negative", lambda z: -z),
        ("sum", lambda z: tf.reduce_sum(z, 1)),
        ("square", tf.square),
        ("conjugate transpose", lambda z: tf.transpose(z, conjugate=True)),
        ("split", lambda z: tf.split(z, 2, 1)[1:]),
        ("split by sizes", lambda z: tf.split(z, [1, 3], 1)),
        ("unstack", lambda z: tf.unstack(z, axis=1)[:3]),
        ("stack", lambda z: tf.stack([z, z], 1)),
        ("product", lambda z: z * tf.reverse(z, [0])),
    )
]

BOOLS = [
    Case(f"bools {name}", function, [([None, 4], bools(3, 4)), ([None, 4], bools(3, 4)), ([None, 4], bools(3, 4))])
    for name, function in (
        ("select", tf.where),
        ("select with one value", lambda c, a, b: tf.where(c, a, b[:1])),
        ("select of version 1", lambda c, a, b: raw.Select(condition=c, x=a, y=b)),
        ("select rows", lambda c, a, b: raw.Select(condition=c[:, 0], x=a, y=b)),
        ("transpose", lambda c, a, b: tf.transpose(c)),
        ("slice", lambda c, a, b: c[1:, :3]),
        ("strided slice", lambda c, a, b: c[:, ::2]),
        ("concat", lambda c, a, b: tf.concat([c, a, b], 1)),
        ("stack", lambda c, a, b: tf.stack([c, a, b], 1)),
        ("unstack", lambda c, a, b: tf.unstack(a, axis=1)[:2]),
        ("split", lambda c, a, b: tf.split(a, 2, 1)),
        ("tile", lambda c, a, b: tf.tile(c, [1, 2])),
        ("gather", lambda c, a, b: tf.gather(c, [2, 0, 1, 1], axis=1)),
        ("gather nd", lambda c, a, b: tf.gather_nd(c, [[2, 0], [1, 1]])),
        ("pad", lambda c, a, b: tf.pad(c, [[0, 1], [2, 0]], constant_values=True)),
        ("reverse", lambda c, a, b: tf.reverse(c, [1])),
        ("broadcast", lambda c, a, b: tf.broadcast_to(c[:, :1], [3, 5])),
        ("fill", lambda c, a, b: c | tf.fill(tf.shape(c), True)),
        ("equal", lambda c, a, b: [tf.equal(c, a), tf.not_equal(a, b)]),
        ("logic", lambda c, a, b: [c & a | ~b, tf.math.logical_xor(a, b)]),
        ("any and all", lambda c, a, b: [tf.reduce_any(c, 1), tf.reduce_all(a, 0)]),
        ("zeros", lambda c, a, b: [tf.zeros_like(c), tf.ones_like(a)]),
        ("to numbers", lambda c, a, b: [tf.cast(c, tf.float32), tf.cast(a, tf.int32)]),
        ("expanded", lambda c, a, b: tf.squeeze(tf.reshape(c[:, None], [-1, 1, 2]), 1)),
    )
]

LARGE = ints(3, 4, low=-(2**28), high=2**28)  # floats of 32 bits could not hold these

INTEGERS = [
    Case(f"integers {name}", function, [([None, 4], LARGE), ([None, 4], LARGE)])
    for name, function in (
        ("absolute", lambda a, b: tf.abs(a)),
        ("negative", lambda a, b: -a),
        ("sign", lambda a, b: tf.sign(a)),
        ("square", lambda a, b: tf.square(a // 65536)),
        ("sum of two", lambda a, b: a + b),
        ("difference", lambda a, b: a - b),
        ("product", lambda a, b: (a // 65536) * (b // 65536)),
        ("larger", lambda a, b: [tf.maximum(a, b), tf.minimum(a, b)]),
        ("quotient", lambda a, b: [a // b, a % b]),
        ("squared difference", lambda a, b: tf.math.squared_difference(a // 65536, b // 65536)),
        ("comparison", lambda a, b: [a > b, a >= b, a < b, a <= b, tf.equal(a, b), tf.not_equal(a, b)]),
        ("sum", lambda a, b: [tf.reduce_sum(a, 1), tf.reduce_sum(a, [0, 1], True)]),
        ("product of all", lambda a, b: tf.reduce_prod(a % 16, 1)),
        ("largest", lambda a, b: [tf.reduce_max(a, 1), tf.reduce_min(a, 0)]),
        ("place of the largest", lambda a, b: [tf.argmax(a, 1), tf.argmin(a, 0)]),
        ("running sum", lambda a, b: [tf.cumsum(a, 1), tf.cumsum(a, 0, True, True)]),
        ("running product", lambda a, b: tf.math.cumprod(a % 16, 1)),
        ("top", lambda a, b: list(tf.math.top_k(a, 2))),
        ("transpose", lambda a, b: tf.transpose(a)),
        ("slice", lambda a, b: tf.slice(a, [1, 1], [2, -1])),
        ("strided slice", lambda a, b: a[:, 1::2]),
        ("strided slice backwards", lambda a, b: a[::-1, ::-2]),
        ("strided slice of unknown size", lambda a, b: a[::2, 1]),
        ("concat", lambda a, b: tf.concat([a, b], 1)),
        ("stack", lambda a, b: tf.stack([a, b], 1)),
        ("unstack", lambda a, b: tf.unstack(a, axis=1)),
        ("split", lambda a, b: [*tf.split(a, 2, 1), *tf.split(a, [1, 3], 1)]),
        ("tile", lambda a, b: tf.tile(a, [1, 2])),
        ("gather", lambda a, b: tf.gather(a, [2, 0, 1, 1], axis=1)),
        ("gather nd", lambda a, b: tf.gather_nd(a, [[2, 0], [1, 1]])),
        ("pad", lambda a, b: tf.pad(a, [[0, 1], [2, 0]], constant_values=7)),
        ("mirror", lambda a, b: tf.pad(a, [[0, 1], [2, 0]], "REFLECT")),
        ("reverse", lambda a, b: tf.reverse(a, [1])),
        ("broadcast", lambda a, b: tf.broadcast_to(a[:, :1], [3, 5])),
        ("fill", lambda a, b: tf.fill([2, 3], a[0, 0])),
        ("range", lambda a, b: tf.range(0, a[0, 0] % 16, 2)),
        ("scatter", lambda a, b: tf.scatter_nd([[4], [1], [4]], a, [6, 4])),
        ("scatter update", lambda a, b: tf.tensor_scatter_nd_update(a, [[2], [1]], b[:2])),
        ("select", lambda a, b: tf.where(a > b, a, b)),
        ("add n", lambda a, b: tf.add_n([a, b, a])),
        ("zeros", lambda a, b: [tf.zeros_like(a), tf.ones_like(a)]),
        ("unique", lambda a, b: list(tf.unique(tf.reshape(a % 3, [-1])))),
        ("counts", lambda a, b: tf.math.bincount(tf.reshape(a % 5, [-1]), minlength=5, maxlength=5)),
        (
            "sparse to dense",
            lambda a, b: raw.SparseToDense(
                sparse_indices=[[1], [3]], output_shape=[5], sparse_values=a[0, :2], default_value=7
            ),
        ),
        ("to floats", lambda a, b: tf.cast(a // 256, tf.float32)),
        ("rectified", lambda a, b: tf.nn.relu(a)),
        ("power", lambda a, b: (a % 16) ** (b % 4)),
        ("depth to space", lambda a, b: tf.nn.depth_to_space(a[:, None, None], 2)),
        ("pool", lambda a, b: tf.nn.max_pool2d(a[:, None, :, None] // 65536, [1, 2], 1, "VALID")),
        ("nearest", lambda a, b: tf.image.resize(a[:, :, None] // 65536, [6, 8], "nearest")),
        ("bilinear", lambda a, b: tf.image.resize(a[:, :, None] // 65536, [6, 8])),
        ("searched", lambda a, b: tf.searchsorted(tf.sort(a), b)),
        ("space to batch", lambda a, b: tf.space_to_batch(a[:, :, None, None], [2], [[0, 0]])),
        ("lengths", lambda a, b: [tf.size(a), tf.rank(a), tf.shape(a)]),
    )
]
