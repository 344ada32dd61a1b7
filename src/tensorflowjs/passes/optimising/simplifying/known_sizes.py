"""Sizes that models compute from shapes become constants, or the shape of what they really are the sizes of."""

from __future__ import annotations

from math import prod

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.size_rules import ENTRIES
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.terms import Symbol, Terms, symbol_of

_LARGEST = 2**31 - 1
_CUTS = ("StridedSlice", "GatherV2", "Gather")
_SUMS = ("Add", "AddV2", "Sub", "Maximum", "Minimum")


def numbers(at: Spot) -> Value | None:
    """What is computed from shapes, but known, is a constant.

    %x = Placeholder() {shape: shape[?, 4]}
    %s = Shape(%x)
    %y = StridedSlice(%s, ...) (the second)     ->  %y = Const() {value: int32[]{4}}

    What is not known, but the size of an axis of another value, is taken from there: nothing but the batch of the
    input comes from the depth of the model.
    """
    if at.dtype != "int32":
        return None
    entries, shape = at.terms.entries(at.old.output), at.shapes.known(at.old.output)
    if entries is None or shape is None or len(shape) > 1 or prod(shape) != len(entries):
        return None
    known = [term for term in entries if isinstance(term, int) and abs(term) <= _LARGEST]
    if len(known) == len(entries):
        return at.ints(known if shape else known[0])
    return _whole_shape(at, entries) or _some_sizes(at, entries, shape)


def _source(at: Spot, symbol: Symbol | None) -> Value | None:
    """The value that has a symbol for a size, if it is still there."""
    if symbol is None or not symbol.is_size or symbol.value.node is at.old:
        return None
    return symbol.value if symbol.value.node.graph is at.old.graph else None


def _whole_shape(at: Spot, entries: Terms) -> Value | None:
    """All sizes of another value."""
    symbol = next((found for term in entries if (found := symbol_of(term)) is not None), None)
    source = _source(at, symbol)
    if source is None or at.terms.of(source) != entries:
        return None
    return None if at.old.op == "Shape" and at.x is source else at.shape(source)


def _some_sizes(at: Spot, entries: Terms, shape: tuple[int, ...]) -> Value | None:
    """Some sizes, cut from the shape of a value farther down."""
    symbols = [symbol for term in entries if (symbol := symbol_of(term)) is not None]
    source = _source(at, symbols[0] if symbols else None)
    if source is None or len(symbols) < len(entries) or any(symbol.value is not source for symbol in symbols):
        return None
    if at.old.op not in _CUTS or at.x.node.op != "Shape" or at.x.node.inputs[0] is source:
        return None
    places = [symbol.at for symbol in symbols]
    if at.old.op != "StridedSlice":
        return at.gather(at.shape(source), at.ints(places if shape else places[0]))
    if places != list(range(places[0], places[0] + len(places))):
        return None
    ends = [at.ints([places[0]]), at.ints([places[-1] + 1]), at.ints([1])]
    masks = {f"{key}_mask": 0 for key in ("begin", "end", "ellipsis", "new_axis")}
    return at("StridedSlice", at.shape(source), *ends, **masks, shrink_axis_mask=0 if shape else 1)


def target(at: Spot) -> Value | None:
    """Where all sizes of the result of a Reshape are known but one, that one follows from the others.

    %to = Pack(%batch, %seven, %eight)
    %y = Reshape(%x, %to)                       ->  %y = Reshape(%x, %to) with the constant [-1, 7, 8]
    """
    if at.inputs[1].node.op == "Const":
        return None
    terms = at.terms.of(at.old.output)
    shape = fixed(terms)
    if shape is not None:
        return at.reshape(at.x, shape)
    whole = _whole_shape(at, terms) if terms is not None and at.inputs[1].node.op != "Shape" else None
    if whole is None:
        at.missed("more than one of the sizes it is given are not known")
        return None
    return at.reshape(at.x, whole)


def fixed(terms: Terms | None) -> list[int] | None:
    """Sizes as a constant that Reshape takes, if there is one."""
    if terms is None:
        return None
    open_ones = sum(not isinstance(term, int) for term in terms)
    if open_ones > 1 or (open_ones and 0 in terms):
        return None
    return [term if isinstance(term, int) else -1 for term in terms]


def reshape(at: Spot) -> Value | None:
    return numbers(at) or target(at)


PASS = Pass(
    "sizes",
    "what is computed from shapes",
    rules={**dict.fromkeys((*ENTRIES, *_SUMS, "Rank"), numbers), "Reshape": reshape},
)
