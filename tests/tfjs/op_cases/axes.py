"""Ops on more axes than the kernels of some backends can count."""

from __future__ import annotations

import tensorflow as tf

from tests.passes.traced_case import Case, bools, floats, ints, raw

VOLUME = ([None, 2, 3, 2, 2], floats(2, 2, 3, 2, 2))
ANY_VOLUME = ([None, None, 3, None, 2], floats(2, 2, 3, 2, 2))
EVERY_AXIS = [[1, 0], [0, 2], [1, 1], [2, 1], [0, 1]]

FEWER = [
    Case("every axis padded", lambda x: tf.pad(x, EVERY_AXIS), [VOLUME]),
    Case("a volume padded", lambda x: tf.pad(x, [[0, 0], *EVERY_AXIS[1:4], [0, 0]], constant_values=0.5), [VOLUME]),
    Case("a volume of any size padded", lambda x: tf.pad(x, [[0, 0], *EVERY_AXIS[1:4], [0, 0]]), [ANY_VOLUME]),
    Case("every axis mirrored", lambda x: tf.pad(x, [[1, 0], [1, 1], [2, 0], [1, 1], [0, 1]], "REFLECT"), [VOLUME]),
    Case("a padding of nothing", lambda x: raw.Pad(input=x, paddings=[[0, 0]] * 5), [VOLUME]),
    Case("integers padded", lambda x: tf.pad(x, EVERY_AXIS), [([None, 2, 3, 2, 2], ints(2, 2, 3, 2, 2))]),
    Case("every axis reversed", lambda x: tf.reverse(x, [0, 1, 2, 3, 4]), [VOLUME]),
    Case("some axes reversed", lambda x: [tf.reverse(x, [-1, 2]), tf.reverse(x, [1])], [ANY_VOLUME]),
    Case("sums along an axis of five", lambda x: [tf.cumsum(x, axis) for axis in range(5)], [ANY_VOLUME]),
    Case("products along an axis of five", lambda x: tf.math.cumprod(x, 1, True, True), [VOLUME]),
    Case("steps along five axes", lambda x: x[::2, 1::1, ::-2, ..., 0], [VOLUME]),
    Case("steps along a volume of any size", lambda x: [x[:, ::2, 1::2], x[..., ::2]], [ANY_VOLUME]),
    Case(
        "patches of a film",
        lambda x: tf.transpose(tf.reshape(x, [-1, 1, 2, 2, 3, 2, 2, 3]), [0, 1, 3, 5, 2, 4, 6, 7]),
        [([None, 2, 6, 4, 3], floats(2, 2, 6, 4, 3))],
    ),
    Case("eight axes turned as blocks", lambda x: tf.transpose(x, [4, 5, 6, 7, 0, 1, 2, 3]),
         [([None, 1, 2, 2, 3, 1, 2, 2], floats(2, 1, 2, 2, 3, 1, 2, 2))]),
    Case(
        "chosen along five axes",
        lambda x, y, z: [tf.where(x > 0, x, y), tf.where(y > 0, 1.0, x), tf.where(tf.greater(z, 0), x[:1], x)],
        [VOLUME, ([None, 1, 1, 1, 1], floats(2, 1, 1, 1, 1)), ([2, 2], floats(2, 2))],
    ),
]  # fmt: skip

# WebGPU keeps the integers and bools that floats were cast from, and cannot turn them.
TURNED = [
    Case(
        f"{kind} turned",
        lambda x: [
            tf.transpose(tf.cast(x, tf.float32), [0, 2, 1]),
            tf.reduce_sum(tf.cast(x, tf.float32), 1),
            tf.reduce_mean(tf.cast(x, tf.float32)[:, :, None], [1, -1], keepdims=True),
            tf.reduce_max(tf.cast(x, tf.float32), 0),
            tf.reduce_sum(tf.cast(x[:, :, 0], tf.float32)[..., None], 1),
            tf.cumsum(tf.cast(x, tf.float32), 1),
            tf.argmax(tf.cast(x, tf.float32), 1),
            tf.transpose(x[:, :, :1], [1, 0, 2]),
        ],
        [([None, 4, 5], make)],
    )
    for kind, make in (("bools", bools(3, 4, 5)), ("integers", ints(3, 4, 5)))
] + [
    Case(
        "a causal mask",
        lambda x: tf.cumsum(tf.ones([1, tf.shape(x)[1], tf.shape(x)[1]], tf.int32), -2)
        >= tf.cumsum(tf.ones([1, tf.shape(x)[1], tf.shape(x)[1]], tf.int32), -1),
        [([None, None], floats(2, 6))],
    ),
    Case("a lone greatest", lambda x: [tf.argmax(x), tf.argmin(x), tf.gather(x, tf.argmax(x))], [([None], floats(7))]),
    Case("products that keep axes", lambda x: [tf.reduce_prod(x, axis, True) for axis in (0, [1, 2], [-1, 0])],
         [([None, None, 4], floats(2, 3, 4))]),
]  # fmt: skip

# WebGL keeps rows and columns in twos: what an odd one has beside it must not come into products.
ODD = [
    Case(
        f"{name} of odd sizes",
        lambda x, y, function=function: tf.matmul(function(x), function(y)),
        [([None, 5], floats(3, 5, low=0.5)), ([5, 7], floats(5, 7, low=0.5))],
        (),
        1e-4,
    )
    for name, function in {
        "scaled and added": lambda x: tf.tanh(x) * 0.75 + tf.constant([0.5]),
        "taken from one": lambda x: 1 - tf.sigmoid(x),
        "exponentials": lambda x: tf.exp(tf.tanh(x)),
        "logarithms": lambda x: tf.math.log(tf.sigmoid(x)),
        "roots below one": tf.math.rsqrt,
        "reciprocals": lambda x: 1 / x,
        "quotients": lambda x: x / tf.tanh(x),
        "powers": lambda x: tf.pow(tf.tanh(x), -0.5),
        "soft signs": lambda x: tf.nn.softplus(x) + tf.cos(x - 1.2),
        "normalised": lambda x: (x - tf.reduce_mean(x, -1, True)) * tf.math.rsqrt(tf.math.reduce_variance(x, -1, True)),
    }.items()
]

GROUPS = {"odd sizes": ODD, "many axes": FEWER, "turned axes": TURNED}
