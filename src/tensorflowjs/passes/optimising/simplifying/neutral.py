"""Takes out arithmetic that leaves every number as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.optimising.passes import Pass, Rule
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of

_FLAT = 256  # elements up to which constants are looked through for a neutral number


def without(number: float | bool, positions: Sequence[int]) -> Rule:
    """With a neutral number at one of `positions`, the other operand is the result.

    %one = Const() {value: float32[]{1.0}}
    %y = Mul(%x, %one)                          ->  %x

    Adding 0 makes 0 of -0, which compare equal; everything else is the same bit by bit, infinities and what is not a
    number included.
    """

    def rule(at: Spot) -> Value | None:
        for position in positions:
            if is_all(at.inputs[position], number):
                rest = at.inputs[1 - position]
                if keeps_shape(at, rest):
                    return rest
                at.missed("the constant has more elements than the other operand, or may have")
        return None

    return rule


def is_all(value: Value, number: float | bool) -> bool:
    """Whether a constant holds nothing but `number`."""
    tensor = Spot.tensor_of(value)
    if tensor is None or tensor.count > _FLAT or tensor.dtype not in ("float32", "int32", "bool"):
        return False
    return bool(np.all(tensor.read() == number))


def keeps_shape(at: Spot, value: Value) -> bool:
    """Whether `value` has the shape and dtype of the result."""
    if type_of(value) != at.dtype:
        return False
    others = [tensor for each in at.inputs if each is not value and (tensor := at.tensor_of(each)) is not None]
    if len(others) == len(at.inputs) - 1 and all(tensor.shape == () for tensor in others):
        return True
    terms = at.terms.of(value)
    return terms is not None and terms == at.terms.of(at.old.output)


def _floor_div(at: Spot) -> Value | None:
    return without(1, (1,))(at) if at.is_int else None  # type: ignore[return-value]


def _clip(at: Spot) -> Value | None:
    low, high = (constant(value) for value in at.inputs[1:3])
    if low is None or high is None or not (np.all(np.isneginf(low)) and np.all(np.isposinf(high))):
        return None
    return at.x if keeps_shape(at, at.x) else None


def _select(at: Spot) -> Value | None:
    """What is selected by a constant is one of the two, if that has the shape of the result."""
    for number, position in ((True, 1), (False, 2)):
        if is_all(at.x, number):
            chosen = at.inputs[position]
            terms = at.terms.of(chosen)
            if terms is not None and terms == at.terms.of(at.old.output):
                return chosen
            at.missed("what is selected may have fewer elements than the result")
    return None


def after(*ops: str) -> Rule:
    """Nothing is left to do behind nodes of these ops."""

    def rule(at: Spot) -> Value | None:
        return at.x if at.x.node.op in ops else None

    return rule


def _relu6(at: Spot) -> Value | None:
    """Relu6(Relu(x)) is Relu6(x)."""
    node = at.x.node
    if node.op in ("Relu6", "Sigmoid", "Softmax"):
        return at.x
    return at.again(node.inputs[0]) if node.op == "Relu" else None


def _not(at: Spot) -> Value | None:
    return at.x.node.inputs[0] if at.x.node.op == at.old.op else None


def _maximum(at: Spot) -> Value | None:
    for position in (0, 1):
        rest = at.inputs[1 - position]
        if rest.node.op in _NEVER_NEGATIVE and is_all(at.inputs[position], 0) and keeps_shape(at, rest):
            return rest
    return without(-np.inf, (0, 1))(at)  # type: ignore[return-value]


def cast(at: Spot) -> Value | None:
    """A cast to the dtype a value has goes; of two, one is enough where the first loses nothing.

    %a = Cast(%mask) {DstT: int32, SrcT: bool}
    %y = Cast(%a) {DstT: float32, SrcT: int32}     ->  %y = Cast(%mask) {DstT: float32, SrcT: bool}
    """
    source, target = type_of(at.x), at.dtype
    if source == target:
        return at.x
    node = at.x.node
    first = type_of(node.inputs[0]) if node.op == "Cast" else None
    if first != "bool" or source not in ("int32", "float32"):
        return None
    return node.inputs[0] if target == "bool" else at.again(node.inputs[0], SrcT=Type("bool"))


_NEVER_NEGATIVE = frozenset({"Relu", "Relu6", "Sigmoid", "Softmax", "Exp", "Softplus", "Sqrt", "Square", "Abs"})

PASS = Pass(
    "neutral",
    "arithmetic that changes no number",
    rules={
        **dict.fromkeys(("Add", "AddV2", "BiasAdd"), without(0, (0, 1))),
        "Sub": without(0, (1,)),
        "Mul": without(1, (0, 1)),
        **dict.fromkeys(("RealDiv", "Div", "DivNoNan", "Pow"), without(1, (1,))),
        "FloorDiv": _floor_div,
        "LogicalAnd": without(True, (0, 1)),
        "LogicalOr": without(False, (0, 1)),
        "Minimum": without(np.inf, (0, 1)),
        "Maximum": _maximum,
        "ClipByValue": _clip,
        **dict.fromkeys(("Select", "SelectV2"), _select),
        "Relu": after(*_NEVER_NEGATIVE),
        "Relu6": _relu6,
        "Abs": after("Relu", "Relu6", "Sigmoid", "Softmax", "Exp", "Softplus", "Square", "Abs"),
        **dict.fromkeys(("Neg", "LogicalNot", "Conj"), _not),
        "Cast": cast,
    },
)
