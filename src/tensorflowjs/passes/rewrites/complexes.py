"""Complex numbers, which TF.js moves about and adds up only as real and imaginary parts."""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, Type, Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def by_parts(position: int = 0) -> Rule:
    """A linear op on complex numbers at `position` -> Complex(op(Real(z)), op(Imag(z)))"""

    def rule(at: Site) -> list[Value] | None:
        z = at.inputs[position]
        if type_of(z) != "complex64":
            return None
        outcomes = []
        for part in ("Real", "Imag"):
            inputs = list(at.inputs)
            inputs[position] = at(part, z)
            node = at.node(at.old.op, *inputs, **_attrs_of_parts(at))
            outcomes.append([node.value(value.index) for value in at.old.outputs or [at.old.output]])
        return [at("Complex", real, imaginary) for real, imaginary in zip(*outcomes, strict=True)]

    return rule


def _attrs_of_parts(at: Site) -> dict[str, Attr]:
    floats = Type("float32")
    return {key: floats if value == Type("complex64") else value for key, value in at.old.attrs.items()}


def conjugate(at: Site) -> Value | None:
    """Conj(z) -> Complex(Real(z), -Imag(z))"""
    if type_of(at.x) != "complex64":
        return at("Identity", at.x)
    return at("Complex", at("Real", at.x), at("Neg", at("Imag", at.x)))


def angle(at: Site) -> Value:
    return at("Atan2", at("Imag", at.x), at("Real", at.x))


def square(at: Site) -> Value | None:
    return at("Mul", at.x, at.x) if type_of(at.x) == "complex64" else None


def conjugate_transpose(at: Site) -> Value:
    """ConjugateTranspose(z) -> Conj(Transpose(z))"""
    return at("Conj", at("Transpose", *at.inputs))


def pad_with_value(at: Site) -> Value | None:
    """PadV2 of complex numbers with 0 -> Pad"""
    value = constant(at.inputs[2]) if type_of(at.x) == "complex64" else None
    return at("Pad", *at.inputs[:2]) if value is not None and complex(value) == 0 else None


_LINEAR = ("Slice", "StridedSlice", "Pad", "MirrorPad", "Tile", "ReverseV2", "Neg", "Sum", "GatherNd", "BroadcastTo")

RULES: dict[str, Rule] = {
    **dict.fromkeys((*_LINEAR, "Unpack", "SplitV"), by_parts()),
    "Split": by_parts(1),
    "Conj": conjugate,
    "Angle": angle,
    "Square": square,
    "ConjugateTranspose": conjugate_transpose,
    "PadV2": pad_with_value,
}
