"""Masks that a saved model computes with operators.

Keras 3 writes into a functional model how each mask came about (`NotEqual`, `Any`, `LogicalOr`, ...), and gives
the result to layers as their argument `mask`. These are the same formulas in small steps. `Formulas` reads
them; what it does not recognise is Unclear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorflowjs.fitting.mask_terms import ALWAYS, NEVER, Differs, Joined, NonZero, Term, Unclear, every, some
from tensorflowjs.ir.layers import Call, Layer, Ref

UNREADABLE = Unclear("it is computed by operators of the model's own")


@dataclass(frozen=True)
class Compared:
    """`source != value`, number by number."""

    source: Ref
    value: float


@dataclass(frozen=True)
class Spread:
    """A mask repeated along a new axis, perhaps as long as the features."""

    mask: Term
    axis: int


@dataclass(frozen=True)
class Row:
    """Spread masks put together along an axis."""

    masks: tuple[Term, ...]
    spread: int
    axis: int


Boolean = Compared | Spread | Row | Term


class Formulas:
    """What the Boolean values of one model say; calls must be shown in order."""

    def __init__(self) -> None:
        self._known: dict[Ref, Boolean] = {}

    def mask(self, ref: Ref) -> Term:
        """The mask that a layer gets which takes `ref` as its argument `mask`."""
        found = self._known.get(ref, UNREADABLE)
        if isinstance(found, Compared) and found.value == 0:
            return NonZero(found.source)
        return UNREADABLE if isinstance(found, Compared | Spread | Row) else found

    def show(self, layer: Layer, number: int, call: Call) -> None:
        """Note what an operator's call computes, if it is a step of a mask."""
        operator = str(layer.config.get("op")).removeprefix("math.")
        read = _READ.get(operator)
        if read is not None:
            result = read(self, _operands(call), {**layer.config, **call.kwargs})
            if result is not None:
                self._known[Ref(layer.name, number)] = result

    def not_equal(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        match operands:
            case [Ref() as source, int() | float() as value]:
                return Compared(source, float(value))
        return None

    def logical_or(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return self._combined(operands, some)

    def logical_and(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return self._combined(operands, every)

    def _combined(self, operands: list[Any], combine: Any) -> Boolean | None:
        if len(operands) != 2 or not all(isinstance(operand, Ref) for operand in operands):
            return None
        first, second = (self._known.get(operand) for operand in operands)
        if isinstance(first, Spread) and isinstance(second, Spread):
            axis = first.axis if second.mask in (NEVER, ALWAYS) else second.axis
            return Spread(combine([first.mask, second.mask]), axis)
        masks = [self.mask(operand) for operand in operands]
        return None if UNREADABLE in masks else combine(masks)

    def convert_to_tensor(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return self._known.get(operands[0])

    def expand_dims(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        axis = operands[1] if len(operands) > 1 else options.get("axis", -1)
        mask = self.mask(operands[0])
        return None if mask == UNREADABLE or not isinstance(axis, int) else Spread(mask, axis)

    def broadcast_to(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        found = self._known.get(operands[0])
        return found if isinstance(found, Spread) else None

    def zeros_like(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return Spread(NEVER, -1)

    def ones_like(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return Spread(ALWAYS, -1)

    def concatenate(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        tensors = operands[0] if operands and isinstance(operands[0], list) else []
        parts = [self._known.get(tensor) for tensor in tensors]
        spread = [part for part in parts if isinstance(part, Spread)]
        axis = options.get("axis", -1)
        if not parts or len(spread) != len(parts) or len({part.axis for part in spread}) > 1:
            return None
        return Row(tuple(part.mask for part in spread), spread[0].axis, axis)

    def any(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        found, axis = self._known.get(operands[0]), options.get("axis")
        if isinstance(found, Compared) and axis == -1 and not options.get("keepdims"):
            return Differs(found.source, found.value)
        return self._reduced(found, axis, some)

    def all(self, operands: list[Any], options: dict[str, Any]) -> Boolean | None:
        return self._reduced(self._known.get(operands[0]), options.get("axis"), every)

    def _reduced(self, found: Boolean | None, axis: Any, combine: Any) -> Boolean | None:
        if not isinstance(found, Row) or found.spread != axis:
            return None
        if found.axis == axis or (axis == -1 and found.axis == 2):
            return combine(found.masks)  # type: ignore[no-any-return]
        return Joined(found.masks) if found.axis == 1 else None


def _operands(call: Call) -> list[Any]:
    """Arguments by position, then those that the two generations of Keras give by name."""
    return [*call.args, *(call.kwargs[name] for name in ("x", "x1", "y", "x2") if name in call.kwargs)]


_READ = {
    name: getattr(Formulas, name)
    for name in (
        "not_equal", "logical_or", "logical_and", "expand_dims", "broadcast_to", "zeros_like", "ones_like",
        "concatenate", "any", "all",
        "convert_to_tensor",
    )
}  # fmt: skip
