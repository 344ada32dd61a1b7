"""Rows dealt out by number, and put together again."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import constant, integer
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def dynamic_partition(at: Site) -> list[Value] | None:
    """DynamicPartition(x, numbers) -> for each number GatherV2(x, Where(Equal(numbers, number)))"""
    x, numbers = at.inputs
    sizes, rank = at.sizes(x), at.shapes.rank(numbers)
    if sizes is None or rank is None or type_of(x) not in ("float32", "int32", "bool"):
        return None
    if rank != 1:
        numbers = at.reshape(numbers, [-1])
        x = at.reshape(x, at.listed([at.product(sizes[:rank]), *sizes[rank:]]))
    parts = range(integer(at.old, "num_partitions", 1))
    places = [at.reshape(at("Where", at("Equal", numbers, at.ints(part))), [-1]) for part in parts]
    return [at.gather(x, place) for place in places]


def dynamic_stitch(at: Site) -> Value | None:
    """DynamicStitch with constant indices -> GatherV2 from the ConcatV2 of the data; the last of several counts"""
    half = len(at.inputs) // 2
    indices = [constant(value) for value in at.inputs[:half]]
    if half == 0 or any(each is None or each.ndim > 1 for each in indices):
        return None
    known = [each for each in indices if each is not None]
    data = [value if each.ndim else at.expand(value, 0) for each, value in zip(known, at.inputs[half:], strict=True)]
    places = np.concatenate([each.reshape(-1) for each in known])
    order = np.zeros(int(places.max()) + 1 if places.size else 0, "<i4")
    order[places] = np.arange(places.size)
    if len(set(places.tolist())) != order.size:
        return None  # TensorFlow leaves the gaps to chance
    return at.gather(at.concat(data, 0), at.const(order, "int32"))


def stitch_at_run_time(at: Site) -> Value | None:
    """DynamicStitch(indices, data) -> TensorScatterUpdate(zeros, all indices, all data)

    It writes one after the other, so that the last of several counts.
    """
    half = len(at.inputs) // 2
    ranks = [at.shapes.rank(value) for value in at.inputs[:half]]
    first = at.sizes(at.inputs[half]) if half else None
    if first is None or ranks[0] is None or at.dtype not in ("float32", "int32"):
        return None
    row = first[ranks[0] :]
    places = at.concat([at.reshape(value, [-1]) for value in at.inputs[:half]], 0)
    rows = [at.reshape(value, at.packed([_rows(at, place), *row])) for place, value in _pairs(at)]
    count = at("AddV2", at("Max", places, at.ints([0]), keep_dims=False), at.ints(1))
    zeros = at("Fill", at.listed([count, *row]), at.like(0, at.inputs[half]))
    return at("TensorScatterUpdate", zeros, at.expand(places, 1), at.concat(rows, 0))


def _pairs(at: Site) -> list[tuple[Value, Value]]:
    half = len(at.inputs) // 2
    return list(zip(at.inputs[:half], at.inputs[half:], strict=True))


def _rows(at: Site, places: Value) -> Value | int:
    known = at.shapes.known(places)
    return int(np.prod(known)) if known is not None else at("Size", places, out_type=Type("int32"))


def _stitch(at: Site) -> Value | None:
    return dynamic_stitch(at) or stitch_at_run_time(at)


RULES: dict[str, Rule] = {
    "DynamicPartition": dynamic_partition,
    **dict.fromkeys(("DynamicStitch", "ParallelDynamicStitch"), _stitch),
}
