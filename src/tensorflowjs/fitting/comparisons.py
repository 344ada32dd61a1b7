"""Operators that compare, and those that combine what others have found: ones for true, zeros for false."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.fitting import flags, layout
from tensorflowjs.fitting.arithmetic import GRAPH_MODEL, constant
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.operands import operands
from tensorflowjs.ir.layers import Ref

Compare = Callable[[Site, Ref, str | None], Ref]


def _difference(site: Site) -> Ref:
    """The first operand less the second."""
    given = operands(site)
    a, b = given.get("x1"), given.get("x2")
    refs = [layout.as_floats(site, ref, f"floats_{index}") for index, ref in enumerate((a, b)) if isinstance(ref, Ref)]
    if len(refs) == 2:
        one, two = (layout.shape_of(site, ref) for ref in refs)
        if len(one) != len(two):
            site.refuse(f"tensors of different ranks ({layout.shown(one)} and {layout.shown(two)})", GRAPH_MODEL)
        negative = site.put("Rescaling", {"scale": -1.0, "offset": 0.0}, [refs[1]], part="negative")
        return site.put("Add", {}, [refs[0], negative], part="difference")
    if not refs or (a is None or b is None):
        site.refuse("an operand is missing in the file", GRAPH_MODEL)
    sign = 1.0 if isinstance(a, Ref) else -1.0
    value = constant(site, refs[0], b if isinstance(a, Ref) else a)
    offset = [-sign * item for item in value] if isinstance(value, list) else -sign * value
    return site.put("Rescaling", {"scale": sign, "offset": offset}, refs, part="difference")


def _above(site: Site, difference: Ref, part: str | None) -> Ref:
    return flags.positive(site, difference, part, "above")


def _below(site: Site, difference: Ref, part: str | None) -> Ref:
    return flags.negative(site, difference, part, "below")


def comparison(compare: Compare, opposite: bool = False) -> Rule:
    def rule(site: Site) -> Outputs:
        found = compare(site, _difference(site), "opposite" if opposite else None)
        return flags.opposite(site, found, None) if opposite else found

    rule.__doc__ = "Ones and zeros: the difference, grown and cut off at 1."
    return rule


# ---------------------------------------------------------------------------- of what others have found


MOVING = frozenset({"get_item", "expand_dims", "reshape", "squeeze", "transpose", "swapaxes", "concatenate", "stack"})


def _found(site: Site) -> list[Ref]:
    """Operands that are ones and zeros."""
    given = operands(site)
    refs = [given[name] for name in ("x", "x1", "x2") if name in given]
    if not all(isinstance(ref, Ref) for ref in refs):
        site.refuse("a constant operand", GRAPH_MODEL)
    if not all(_is_flag(site, ref) for ref in site.call.inputs):
        site.refuse("an operand that is neither an input of type bool nor the result of a comparison", GRAPH_MODEL)
    return [layout.as_floats(site, ref, f"floats_{index}") for index, ref in enumerate(refs)]


def _is_flag(site: Site, ref: Ref) -> bool:
    """Whether a value of the Keras model is true or false: an input, what these operators found, or parts of that."""
    layer = site.source.layer(ref.layer)
    operator = layer.config.get("op")
    if operator in MOVING:
        return all(_is_flag(site, before) for before in layer.calls[ref.call].inputs)
    return layer.config.get("dtype") == "bool" or operator in OPERATORS


def both(site: Site) -> Outputs:
    """The product of ones and zeros."""
    return site.put("Multiply", {}, _found(site))


def either(site: Site) -> Outputs:
    """The greater of ones and zeros."""
    return site.put("Maximum", {}, _found(site))


def negation(site: Site) -> Outputs:
    """1 - x."""
    return flags.opposite(site, _found(site)[0], None)


OPERATORS: dict[str, Rule] = {
    "greater": comparison(_above),
    "less": comparison(_below),
    "greater_equal": comparison(_below, opposite=True),
    "less_equal": comparison(_above, opposite=True),
    "not_equal": comparison(flags.other_than_zero),
    "equal": comparison(flags.other_than_zero, opposite=True),
    "logical_and": both,
    "logical_or": either,
    "logical_not": negation,
}
