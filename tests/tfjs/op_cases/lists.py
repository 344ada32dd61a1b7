"""Lists and arrays of tensors, loops and branches that carry them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.passes.traced_case import Case, bools, fixed, floats, ints, raw

X: Any = ([None, 4], floats(3, 4))


def array(
    write: Callable[[Any, Any, Any], Any], read: Callable[[Any, Any], Any], size: int = 3, **more: Any
) -> Callable[[Any], Any]:
    """Writes into a tensor array of version 3, then reads."""

    def function(x: Any) -> Any:
        handle, flow = raw.TensorArrayV3(size=size, dtype=x.dtype, **more)
        return read(handle, write(handle, x, flow))

    return function


def _written(handle: Any, x: Any, flow: Any) -> Any:
    for at in (2, 0, 1):
        flow = raw.TensorArrayWriteV3(handle=handle, index=at, value=x[at], flow_in=flow)
    return flow


ARRAYS = [
    Case(
        "TensorArray written and read",
        array(
            _written,
            lambda h, f: [raw.TensorArrayReadV3(handle=h, index=at, flow_in=f, dtype=tf.float32) for at in (0, 2)],
            clear_after_read=False,
        ),
        [X],
    ),
    Case(
        "TensorArray gathered",
        array(
            _written,
            lambda h, f: [
                raw.TensorArrayGatherV3(handle=h, indices=[2, 0, 1], flow_in=f, dtype=tf.float32, element_shape=[4])
            ],
            clear_after_read=False,
        ),
        [X],
    ),
    Case("TensorArray size", array(_written, lambda h, f: raw.TensorArraySizeV3(handle=h, flow_in=f)), [X]),
    Case(
        "TensorArray concatenated",
        array(_written, lambda h, f: raw.TensorArrayConcatV3(handle=h, flow_in=f, dtype=tf.float32)[0]),
        [X],
    ),
    Case(
        "TensorArray scattered",
        array(
            lambda h, x, f: raw.TensorArrayScatterV3(handle=h, indices=[1, 2, 0], value=x, flow_in=f),
            lambda h, f: raw.TensorArrayGatherV3(
                handle=h, indices=[0, 1, 2], flow_in=f, dtype=tf.float32, element_shape=[4]
            ),
        ),
        [X],
    ),
    Case(
        "TensorArray split",
        array(
            lambda h, x, f: raw.TensorArraySplitV3(handle=h, value=x, lengths=[1, 1, 1], flow_in=f),
            lambda h, f: raw.TensorArrayConcatV3(handle=h, flow_in=f, dtype=tf.float32)[0],
            element_shape=[1, 4],
        ),
        [X],
    ),
    Case(
        "TensorArray of integers",
        array(
            _written,
            lambda h, f: raw.TensorArrayGatherV3(
                handle=h, indices=[2, 0], flow_in=f, dtype=tf.int32, element_shape=[4]
            ),
        ),
        [([None, 4], ints(3, 4))],
    ),
]


def reserved(x: Any, size: int = 3, shape: Any = (4,)) -> Any:
    return raw.TensorListReserve(element_shape=tf.constant(shape, tf.int32), num_elements=size, element_dtype=x.dtype)


def filled(x: Any) -> Any:
    handle = reserved(x)
    for at in (2, 0, 1):
        handle = raw.TensorListSetItem(input_handle=handle, index=at, item=x[at])
    return handle


def stacked(handle: Any, x: Any, shape: Any = (4,)) -> Any:
    return raw.TensorListStack(
        input_handle=handle, element_shape=tf.constant(shape, tf.int32), element_dtype=x.dtype, num_elements=-1
    )


def item(handle: Any, at: int, x: Any) -> Any:
    return raw.TensorListGetItem(input_handle=handle, index=at, element_shape=tf.constant([4]), element_dtype=x.dtype)


def pushed(x: Any) -> Any:
    handle = raw.EmptyTensorList(element_shape=tf.constant([4]), max_num_elements=-1, element_dtype=x.dtype)
    for at in (2, 0, 1):
        handle = raw.TensorListPushBack(input_handle=handle, tensor=x[at])
    return handle


def from_tensor(x: Any) -> Any:
    return raw.TensorListFromTensor(tensor=x, element_shape=tf.constant([4]))


LISTS = [
    Case("TensorListSetItem", lambda x: stacked(filled(x), x), [X]),
    Case("TensorListSetItem of integers", lambda x: stacked(filled(x), x), [([None, 4], ints(3, 4))]),
    Case("TensorListGetItem", lambda x: [item(filled(x), at, x) for at in (1, 2)], [X]),
    Case("TensorListPushBack", lambda x: stacked(pushed(x), x), [X]),
    Case("TensorListFromTensor", lambda x: [stacked(from_tensor(x), x), item(from_tensor(x), 1, x)], [X]),
    Case(
        "TensorListLength",
        lambda x: [raw.TensorListLength(input_handle=pushed(x)), raw.TensorListLength(input_handle=filled(x))],
        [X],
    ),
    Case(
        "TensorListGather",
        lambda x: raw.TensorListGather(
            input_handle=filled(x), indices=[2, 0, 0], element_shape=tf.constant([4]), element_dtype=tf.float32
        ),
        [X],
    ),
    Case(
        "TensorListScatter",
        lambda x: stacked(raw.TensorListScatter(tensor=x, indices=[1, 2, 0], element_shape=tf.constant([4])), x),
        [X],
    ),
    Case(
        "TensorListScatterV2",
        lambda x: stacked(
            raw.TensorListScatterV2(tensor=x, indices=[1, 2, 0], element_shape=tf.constant([4]), num_elements=3), x
        ),
        [X],
    ),
    Case(
        "TensorListScatterV2 grown",
        lambda x: stacked(
            raw.TensorListScatterV2(tensor=x, indices=[1, 2, 0], element_shape=tf.constant([4]), num_elements=-1), x
        ),
        [X],
    ),
    Case(
        "TensorListConcat",
        lambda x: raw.TensorListConcat(
            input_handle=raw.TensorListFromTensor(tensor=x[:, None], element_shape=tf.constant([1, 4])),
            element_dtype=tf.float32,
            element_shape=[None, 4],
        )[0],
        [X],
    ),
    Case(
        "TensorListConcatV2",
        lambda x: raw.TensorListConcatV2(
            input_handle=raw.TensorListFromTensor(tensor=x[:, None], element_shape=tf.constant([1, 4])),
            element_shape=tf.constant([-1, 4]),
            leading_dims=tf.zeros([0], tf.int64),
            element_dtype=tf.float32,
        )[0],
        [X],
    ),
    Case(
        "TensorListResize",
        lambda x: raw.TensorListLength(input_handle=raw.TensorListResize(input_handle=pushed(x), size=5)),
        [X],
    ),
]
LOOPS = [
    Case("map", lambda x: tf.map_fn(lambda row: row * 2 + 1, x), [X]),
    Case("scan", lambda x: tf.scan(lambda total, row: total + row, x), [X]),
    Case("fold", lambda x: tf.foldl(lambda total, row: total * 0.5 + row, x), [X]),
    Case("loop", lambda x: tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * 0.5 + x), (0, x))[1], [X]),
    Case(
        "loop in a loop",
        lambda x: tf.while_loop(
            lambda i, y: i < 3,
            lambda i, y: (i + 1, tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z + x), (0, y))[1] * 0.5),
            (0, x),
        )[1],
        [X],
    ),
    Case(
        "loop until",
        lambda x: tf.while_loop(lambda y: tf.reduce_sum(y) < 100.0, lambda y: (y * 2,), (tf.abs(x) + 0.1,)),
        [X],
    ),
    Case("branches", lambda x, c: tf.cond(c, lambda: x * 2, lambda: x - 1), [X, ([], bools())]),
    Case(
        "branches of constants",
        lambda x, c: tf.cond(c, lambda: tf.constant([1.0, 2.0]), lambda: x[0, :2]),
        [X, ([], bools())],
    ),
    Case(
        "switch", lambda x, n: tf.switch_case(n, [lambda: x, lambda: x * 2, lambda: x - 3]), [X, ([], fixed(1, "<i4"))]
    ),
    Case("case", lambda x: tf.case([(x[0, 0] > 1, lambda: x), (x[0, 0] > 0, lambda: x * 2)], lambda: x - 3), [X]),
    Case(
        "branches in a loop",
        lambda x: tf.while_loop(
            lambda i, y: i < 5, lambda i, y: (i + 1, tf.cond(i % 2 > 0, lambda: y * 2, lambda: y - x)), (0, x)
        )[1],
        [X],
    ),
    Case(
        "growing",
        lambda x: tf.while_loop(
            lambda i, y: i < 2,
            lambda i, y: (i + 1, tf.concat([y, y], 0)),
            (0, x),
            (tf.TensorShape([]), tf.TensorShape([None, 4])),
        )[1],
        [X],
    ),
    Case(
        "slices in a loop",
        lambda x: tf.while_loop(
            lambda i, y: i < 3,
            lambda i, y: (i + 1, y + tf.roll(x, 1, 1)[i, ::-1] * tf.one_hot(i, 4, axis=0) + tf.cumsum(x, -1)[0]),
            (0, tf.zeros([4])),
        )[1],
        [X],
    ),
]


INTEGERS: Any = ([None, 4], ints(3, 4))


def _gathered(shape: Any, dtype: Any = tf.float32) -> Callable[[Any, Any], Any]:
    return lambda h, f: raw.TensorArrayGatherV3(handle=h, indices=[1, 2], flow_in=f, dtype=dtype, element_shape=shape)


def _joined(dtype: Any) -> Callable[[Any, Any], Any]:
    return lambda h, f: raw.TensorArrayConcatV3(handle=h, flow_in=f, dtype=dtype)[0]


def _split(h: Any, x: Any, f: Any) -> Any:
    return raw.TensorArraySplitV3(handle=h, value=x, lengths=[1, 1, 1], flow_in=f)


def _scattered(h: Any, x: Any, f: Any) -> Any:
    return raw.TensorArrayScatterV3(handle=h, indices=[1, 2, 0], value=x, flow_in=f)


ARRAYS += [
    Case("TensorArray of int32 split", array(_split, _joined(tf.int32), element_shape=[1, 4]), [INTEGERS]),
    Case("TensorArray of int32 scattered", array(_scattered, _gathered([4], tf.int32)), [INTEGERS]),
    Case("TensorArray of any shape", array(_written, _gathered(None)), [X]),
    Case(
        "TensorArray that grows",
        array(_written, _gathered([4]), size=1, dynamic_size=True, identical_element_shapes=True),
        [X],
    ),
]
LISTS += [
    Case(
        "TensorListConcat of int32",
        lambda x: raw.TensorListConcat(
            input_handle=raw.TensorListFromTensor(tensor=x[:, None, :2], element_shape=tf.constant([1, 2])),
            element_dtype=tf.int32,
            element_shape=[None, 2],
        )[0],
        [INTEGERS],
    ),
    Case(
        "TensorListConcatV2 of int32",
        lambda x: raw.TensorListConcatV2(
            input_handle=raw.TensorListFromTensor(tensor=x[:, None, :2], element_shape=tf.constant([1, 2])),
            element_shape=tf.constant([-1, 2]),
            leading_dims=tf.zeros([0], tf.int64),
            element_dtype=tf.int32,
        )[0],
        [INTEGERS],
    ),
    Case(
        "TensorListStack of so many",
        lambda x: raw.TensorListStack(
            input_handle=filled(x), element_shape=tf.constant([4]), element_dtype=tf.float32, num_elements=3
        ),
        [X],
    ),
    Case(
        "TensorListGather of int32",
        lambda x: raw.TensorListGather(
            input_handle=filled(x), indices=[2, 0], element_shape=tf.constant([4]), element_dtype=tf.int32
        ),
        [INTEGERS],
    ),
]
_OF_INTEGERS = ("TensorListGetItem", "TensorListPushBack", "TensorListFromTensor", "TensorListScatter",
                "TensorListScatterV2")  # fmt: skip
LISTS += [Case(f"{case.name} of int32", case.function, [INTEGERS]) for case in LISTS if case.name in _OF_INTEGERS]


def looped(change: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Any]:
    """Three rounds, each of which adds what `change` makes of the number of the round, the sum so far and the input."""

    def function(x: Any) -> Any:
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y + change(i, y, x)), (0, tf.zeros([4])))[1]

    return function


LOOPS += [
    Case(f"rewritten in a loop: {name}", looped(change), [X], (), 1e-4)
    for name, change in {
        "a row backwards": lambda i, y, x: x[i, ::-1],
        "one hot": lambda i, y, x: tf.one_hot(i, 4, axis=0),
        "rolled": lambda i, y, x: tf.roll(x, 1, 1)[i],
        "rolled by the round": lambda i, y, x: tf.roll(y, 1, 0),
        "a product": lambda i, y, x: tf.einsum("a,ba->a", y + 1, x),
        "a product with axes turned": lambda i, y, x: tf.einsum("ab,cb->a", (y + 1)[:, None], x[:, :1]),
        "of the shape": lambda i, y, x: tf.cumsum(y, -1) + tf.cast(tf.shape(x)[1], tf.float32),
    }.items()
]
GROUPS = {"arrays": ARRAYS, "lists": LISTS, "loops": LOOPS}
