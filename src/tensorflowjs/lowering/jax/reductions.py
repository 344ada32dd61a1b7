"""Primitives that reduce axes, search along one, or sum up along one."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering.functions import concat, where
from tensorflowjs.lowering.jax.elementwise import as_number, chosen, is_nan
from tensorflowjs.lowering.jax.numerals import BITS
from tensorflowjs.lowering.jax.walking import Refusal, Site, Write
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Traced


def reduced(op: str) -> Write:
    return lambda site: site.x.reduce(op, site.params["axes"])


def extreme(op: str, of_bools: str) -> Write:
    return lambda site: site.x.reduce(of_bools if site.dtype == BOOL else op, site.params["axes"])


def all_or_any(op: str) -> Write:
    def write(site: Site) -> Traced:
        if site.dtype != BOOL:
            site.refuse("TF.js does not work on the bits of integers")
        return site.x.reduce(op, site.params["axes"])

    return write


def product(site: Site) -> Traced:
    if site.kind in BITS:
        site.refuse(f"TF.js does not multiply in {site.kind}")
    return site.x.reduce("Prod", site.params["axes"])


def place_of(op: str) -> Write:
    """The first place of the largest or smallest, or of what is not a number, if there is any."""

    def write(site: Site) -> Traced:
        (axis,) = site.params["axes"]
        x = as_number(site.x)
        found = _place(x, op, axis)
        if x.dtype != FLOAT:
            return found
        missing = is_nan(x)
        return where(missing.reduce("Any", [axis]), _place(missing.cast(INT), "ArgMax", axis), found)

    return write


def _place(x: Traced, op: str, axis: int) -> Traced:
    dims = (*x.dims[:axis], *x.dims[axis + 1 :])
    return x.builder.put(op, [x, x.builder.ints(axis)], INT, dims, output_type=Type(INT))


# ---------------------------------------------------------------------------- running


def running(op: str) -> Write:
    def write(site: Site) -> Traced:
        if site.kind in BITS and op == "Cumprod":
            site.refuse(f"TF.js does not multiply in {site.kind}")
        axis = site.builder.ints(site.params["axis"])
        return site.builder.put(
            op, [site.x, axis], site.dtype, site.dims, reverse=bool(site.params["reverse"]), exclusive=False
        )

    return write


def running_extreme(beats: str) -> Write:
    """In steps of 1, 2, 4, ...: each value against the one so far before it."""

    def write(site: Site) -> Traced:
        axis, x = int(site.params["axis"]), site.x
        length = site.fixed(site.aval().shape[axis], "an axis")
        step = 1
        while step < length:
            x = _against_shifted(x, axis, step, bool(site.params["reverse"]), beats)
            step *= 2
        return x

    return write


def _against_shifted(x: Traced, axis: int, step: int, back: bool, beats: str) -> Traced:
    length = x.dims[axis] or 0
    early, late = x.part(axis, 0, length - step), x.part(axis, step, length)
    together = chosen(beats, early, late)
    if back:
        return concat([together, x.part(axis, length - step, length)], axis)
    return concat([x.part(axis, 0, step), together], axis)


PRIMITIVES: dict[str, Write] = {
    "reduce_sum": reduced("Sum"),
    "reduce_prod": product,
    "reduce_max": extreme("Max", "Any"),
    "reduce_min": extreme("Min", "All"),
    "reduce_and": all_or_any("All"),
    "reduce_or": all_or_any("Any"),
    "argmax": place_of("ArgMax"),
    "argmin": place_of("ArgMin"),
    "cumsum": running("Cumsum"),
    "cumprod": running("Cumprod"),
    "cummax": running_extreme("Greater"),
    "cummin": running_extreme("Less"),
    "cumlogsumexp": Refusal("TF.js has no running sum of exponentials"),
    "reduce": Refusal("TF.js reduces with its own functions only", "use jnp.sum, jnp.max and the like"),
    "reduce_xor": Refusal("TF.js does not work on the bits of integers"),
}
