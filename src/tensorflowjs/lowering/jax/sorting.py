"""Sorting, by TopKV2: of equal values it takes the first one first, which makes it stable.

What is not a number comes behind all numbers in JAX: it is sorted as infinity, and then all of them behind the rest.
"""

from __future__ import annotations

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering.functions import counted, gather, inverse, product_of, sizes_of, where
from tensorflowjs.lowering.jax.elementwise import as_number, is_nan
from tensorflowjs.lowering.jax.walking import Site, Write
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Traced


def sort(site: Site) -> list[Traced]:
    """Several operands by the first `num_keys` of them."""
    axis, count = int(site.params["dimension"]), int(site.params["num_keys"])
    length = site.fixed(site.aval().shape[axis], "an axis to sort along")
    rank = site.x.rank
    order = [*(at for at in range(rank) if at != axis), axis]
    operands = [x.transpose(order) for x in site.inputs]
    places: Traced | None = None
    for key in reversed(operands[:count]):
        if places is not None:
            key = _picked(key, places, length)
        found = _ascending(as_number(key), length)
        places = found if places is None else _picked(places, found, length)
    assert places is not None
    return [_picked(x, places, length).transpose(inverse(order)) for x in operands]


def _ascending(key: Traced, length: int) -> Traced:
    """The places of the values along the last axis, from the smallest on."""
    if key.dtype != FLOAT:
        return _largest(-1 - key, length)[1]
    missing = is_nan(key)
    places = _largest(-where(missing, float("inf"), key), length)[1]
    behind = _largest(-_picked(missing.cast(FLOAT), places, length), length)[1]
    return _picked(places, behind, length)


def _largest(x: Traced, count: int) -> list[Traced]:
    dims = (*x.dims[:-1], count)
    inputs = [x, x.builder.ints(count)]
    node = x.builder.node("TopKV2", inputs, x.dtype, sorted=True, index_type=Type(INT))
    return [Traced(x.builder, node.value(0), x.dtype, dims), Traced(x.builder, node.value(1), INT, dims)]


def _picked(x: Traced, places: Traced, length: int) -> Traced:
    """The values of each row at its places."""
    if x.rank == 1:
        return _gathered(x, places)
    rows = product_of(sizes_of(x)[:-1])
    flat = places.reshape([-1, places.dims[-1] or 0])
    first = (counted(x, rows) * length).expand(1)
    return _gathered(x.reshape([-1]), flat + first).reshape(sizes_of(places))


def _gathered(x: Traced, places: Traced) -> Traced:
    return gather(x.cast(INT), places).differs(0) if x.dtype == BOOL else gather(x, places)


def top_k(site: Site) -> list[Traced]:
    """The largest along the last axis; what is not a number counts as larger than all numbers."""
    axis = int(site.params.get("axis", -1)) % site.x.rank
    length = site.fixed(site.aval().shape[axis], "an axis to sort along")
    count = int(site.params["k"])
    order = [*(at for at in range(site.x.rank) if at != axis), axis]
    x = site.x.transpose(order)
    if x.dtype != FLOAT:
        values, places = _largest(x, count)
    else:
        missing = is_nan(x)
        places = _largest(where(missing, float("inf"), x), length)[1]
        front = _largest(_picked(missing.cast(FLOAT), places, length), count)[1]
        places = _picked(places, front, length)
        values = _picked(x, places, length)
    return [result.transpose(inverse(order)) for result in (values, places)]


PRIMITIVES: dict[str, Write] = {"sort": sort, "top_k": top_k}
