"""Reading at places that are only known when the model runs. As in JAX, windows beyond the ends are moved inside, or
give a value of their own.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering.functions import counted, gather, where
from tensorflowjs.lowering.jax.numerals import ends
from tensorflowjs.lowering.jax.places import Places, numbers_for
from tensorflowjs.lowering.jax.walking import Site, Write
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Size, Traced, binary

# ---------------------------------------------------------------------------- gather


def gathered(site: Site) -> Traced:
    numbers = site.params["dimension_numbers"]
    batches = getattr(numbers, "operand_batching_dims", ())
    gone = {*numbers.collapsed_slice_dims, *batches}
    kept = [axis for axis in range(len(site.aval().shape)) if axis not in gone]
    of_indices = getattr(numbers, "start_indices_batching_dims", ())
    pairs = list(zip(batches, of_indices, strict=True))
    places = Places(site, site.params["slice_sizes"], kept, numbers.start_index_map, pairs)
    found = _taken(places, numbers_for(site.x))
    found = found.differs(0) if site.dtype == BOOL else found
    if _fills(site) and not places.are_inside:
        loops = len(places.loops)
        inside = places.inside()
        inside = inside.reshape([*(inside.size(axis) for axis in range(loops)), *[1] * (found.rank - loops)])
        found = where(inside, found, _missing(site))
    return found.transpose(_order(places, numbers.offset_dims, found.rank))


def _taken(places: Places, x: Traced) -> Traced:
    """Axes of the indices, then those of windows that were picked from, then whole ones."""
    picked = places.picked
    if len(picked) == 1 and not places.batches and not places.spread and places.indexed:
        ((_, start),) = places.moving()
        return _first(gather(x, places.clamped(picked[0], start), picked[0]), picked[0], start.rank)
    return gather(places.flattened(x), places.elements(), 0)


def _first(x: Traced, axis: int, count: int) -> Traced:
    """With `count` axes from `axis` on brought to the front."""
    moved = list(range(axis, axis + count))
    return x.transpose([*moved, *(each for each in range(x.rank) if each not in moved)])


def _fills(site: Site) -> bool:
    return "FILL" in str(site.params["mode"])


def _missing(site: Site) -> Traced:
    """What JAX gives for places outside of the operand."""
    number, kind = site.params["fill_value"], site.kind
    if number is None:
        lowest, highest = (0, 1) if kind == "bool" else ends(kind)
        number = float("nan") if site.dtype == FLOAT else highest if kind.startswith(("u", "bool")) else lowest
    return site.builder.const(number, site.dtype)


def _order(places: Places, offset_dims: Any, rank: int) -> list[int]:
    """For each axis of the result, which one of `_taken` it is."""
    loops = len(places.loops)
    now = [*places.spread, *places.whole]
    of_windows = {position: loops + now.index(axis) for position, axis in zip(offset_dims, places.kept, strict=True)}
    rest = iter(range(loops))
    return [of_windows[position] if position in of_windows else next(rest) for position in range(rank)]


# ---------------------------------------------------------------------------- dynamic slices


def dynamic_slice(site: Site) -> Traced:
    shape, sizes = site.aval().shape, site.params["slice_sizes"]
    starts = [_start(site, axis, shape[axis] - size, 1) for axis, size in enumerate(sizes)]
    x = numbers_for(site.x)
    inputs = [x, site.builder.sizes(starts), site.builder.sizes(site.sizes(sizes))]
    found = site.builder.put("Slice", inputs, x.dtype, site.dims, Index=Type(INT))
    return found.differs(0) if site.dtype == BOOL else found


def _start(site: Site, axis: int, room: Any, first: int) -> Size:
    """Where a window starts along an axis: moved inside if it would go beyond the ends."""
    number = site.number(first + axis)
    if isinstance(room, int) and (room == 0 or number is not None):
        return 0 if room == 0 or number is None else min(max(int(number), 0), room)
    return site.input(first + axis).maximum(0).minimum(site.size(room))


def dynamic_update_slice(site: Site) -> Traced:
    """Along each axis the update is stretched to the length of the operand; where it is not meant, that stays."""
    x, update = numbers_for(site.x), numbers_for(site.input(1))
    shape, window = site.aval(0).shape, site.aval(1).shape
    inside: Traced | None = None
    for axis, (size, length) in enumerate(zip(shape, window, strict=True)):
        if str(size) == str(length):
            continue
        count = site.size(length)
        at = counted(x, site.size(size)) - site.builder.operand(_start(site, axis, size - length, 2), INT)
        update = gather(update, at.maximum(0).minimum(count - 1), axis)
        meant = ((at >= 0) & binary("Less", at, count, BOOL)).reshape(
            [-1 if each == axis else 1 for each in range(x.rank)]
        )
        inside = meant if inside is None else inside & meant
    found = update if inside is None else where(inside, update, x)
    return found.differs(0) if site.dtype == BOOL else found


PRIMITIVES: dict[str, Write] = {
    "gather": gathered,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
}
