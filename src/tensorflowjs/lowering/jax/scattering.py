"""Writing at places that are only known when the model runs. As in JAX, windows beyond the ends are left out."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering.functions import concat, inverse, product_of, where
from tensorflowjs.lowering.jax.places import Places, numbers_for
from tensorflowjs.lowering.jax.walking import Refusal, Site, Write
from tensorflowjs.lowering.values import BOOL, INT, Size, Traced


def scattered(kind: str) -> Write:
    def write(site: Site) -> Traced:
        numbers = site.params["dimension_numbers"]
        rank, updates = len(site.aval().shape), site.aval(2).shape
        batches = getattr(numbers, "operand_batching_dims", ())
        gone = {*numbers.inserted_window_dims, *batches}
        kept = [axis for axis in range(rank) if axis not in gone]
        sizes = dict(zip(kept, (updates[at] for at in numbers.update_window_dims), strict=True))
        pairs = list(zip(batches, getattr(numbers, "scatter_indices_batching_dims", ()), strict=True))
        window = [sizes.get(axis, 1) for axis in range(rank)]
        places = Places(site, window, kept, numbers.scatter_dims_to_operand_dims, pairs)
        result = _written(places, kind, numbers.update_window_dims)
        return result.differs(0) if site.dtype == BOOL else result

    return write


def _written(places: Places, kind: str, of_windows: tuple[int, ...]) -> Traced:
    site = places.site
    rows = places.flattened(numbers_for(site.x))
    updates = _rows(places, numbers_for(site.input(2)), of_windows)
    elements, dropping = _elements(places)
    further = dropping or kind == "set"
    if further:
        rows = concat([rows, _further_row(updates, elements)], 0)
    rows = _changed(rows, elements, updates, kind)
    rows = rows.part(0, 0, places.count) if further else rows
    shape = [site.size(places.shape[axis]) for axis in places.order]
    return rows.reshape(shape).transpose(inverse(places.order))


def _further_row(updates: Traced, elements: Traced) -> Traced:
    """Taken off again afterwards. It makes a copy of the operand, since TF.js sets elements in place; and not one that
    could be that of another update as well, so it depends on this one.
    """
    place = elements.part(0, 0, 1).cast(updates.dtype)
    return updates.part(0, 0, 1) + place.reshape([1] * updates.rank)


def _rows(places: Places, updates: Traced, of_windows: tuple[int, ...]) -> Traced:
    """The updates, one row for each element that is written."""
    loops = [axis for axis in range(updates.rank) if axis not in of_windows]
    at = dict(zip(places.kept, of_windows, strict=True))
    order = [*loops, *(at[axis] for axis in places.spread), *(at[axis] for axis in places.whole)]
    sizes = [places.site.size(places.shape[axis]) for axis in places.whole]
    return updates.transpose(order).reshape([-1, *sizes])


def _elements(places: Places) -> tuple[Traced, bool]:
    """The numbers of the elements, as a column; those outside get that of a further row, which is thrown away."""
    elements = places.elements()
    dropping = "CLIP" not in str(places.site.params["mode"]) and not places.are_inside
    if dropping:
        inside = places.inside()
        more = [1] * (elements.rank - inside.rank)
        inside = inside.reshape([*(inside.size(axis) for axis in range(inside.rank)), *more])
        count = places.site.builder.operand(places.count, INT)
        elements = where(inside, elements, count)
    return _repeated(places, elements).reshape([-1, 1]), dropping


def _repeated(places: Places, elements: Traced) -> Traced:
    """One number for each row, even where they do not depend on an axis of the indices."""
    spread = [places.window[axis] for axis in places.spread]
    sizes = [places.site.size(size) for size in (*places.loops, *spread)]
    return elements if list(elements.dims) == sizes or product_of(sizes) == 1 else elements + _zeros(places, sizes)


def _zeros(places: Places, sizes: list[Size]) -> Traced:
    builder = places.site.builder
    dims = tuple(size if isinstance(size, int) else None for size in sizes)
    return builder.put("Fill", [builder.sizes(sizes), builder.ints(0)], INT, dims, index_type=Type(INT))


def _changed(rows: Traced, elements: Traced, updates: Traced, kind: str) -> Traced:
    builder = rows.builder
    if kind == "set":
        inputs = [rows, elements, updates]
        return builder.put("TensorScatterUpdate", inputs, rows.dtype, rows.dims, Tindices=Type(INT))
    inputs = [elements, updates, builder.shape(rows)]
    sums = builder.put("ScatterNd", inputs, rows.dtype, rows.dims, Tindices=Type(INT))
    return rows + sums if kind == "add" else rows - sums


PRIMITIVES: dict[str, Write] = {
    "scatter": scattered("set"),
    **dict.fromkeys(("scatter_add", "scatter-add"), scattered("add")),
    **dict.fromkeys(("scatter_sub", "scatter-sub"), scattered("sub")),
    **dict.fromkeys(
        ("scatter_mul", "scatter-mul", "scatter_min", "scatter-min", "scatter_max", "scatter-max", "scatter_apply"),
        Refusal("TF.js scatters by replacing and adding only"),
    ),
}
