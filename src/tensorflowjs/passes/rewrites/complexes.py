"""Complex numbers, which TF.js moves about and adds up only as real and imaginary parts."""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, Type, Value
from tensorflowjs.passes.building import constant, flag, integer
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


def stacked(at: Site) -> Value | None:
    """Pack(z, w) -> Complex(Pack(Real(z), Real(w)), Pack(Imag(z), Imag(w))): WebGL and WebGPU lose the new axis"""
    if not _is_complex(at):
        return None
    real, imaginary = zip(*(_halves(at, value) for value in at.inputs), strict=True)
    axis = integer(at.old, "axis")
    return at("Complex", at("Pack", *real, axis=axis), at("Pack", *imaginary, axis=axis))


def _attrs_of_parts(at: Site) -> dict[str, Attr]:
    floats = Type("float32")
    return {key: floats if value == Type("complex64") else value for key, value in at.old.attrs.items()}


def added(at: Site) -> Value | None:
    """AddV2(z, w) -> Complex(the real parts added, the imaginary parts added): TF.js broadcasts them wrongly"""
    if not _is_complex(at):
        return None
    (a, b), (c, d) = (_halves(at, value) for value in at.inputs)
    return at("Complex", at(at.old.op, a, c), at(at.old.op, b, d))


def multiplied(at: Site) -> Value | None:
    """Mul(a + bi, c + di) -> Complex(ac - bd, ad + bc)"""
    return _product(at, at.inputs[0], at.inputs[1], "Mul") if _is_complex(at) else None


def divided(at: Site) -> Value | None:
    """RealDiv(z, w) -> z * Conj(w) / |w|^2"""
    if not _is_complex(at):
        return None
    (a, b), (c, d) = (_halves(at, value) for value in at.inputs)
    square = at("AddV2", at("Square", c), at("Square", d))
    real = at("AddV2", at("Mul", a, c), at("Mul", b, d))
    imaginary = at("Sub", at("Mul", b, c), at("Mul", a, d))
    return at("Complex", at("RealDiv", real, square), at("RealDiv", imaginary, square))


def inverted(at: Site) -> Value | None:
    """Reciprocal(z) -> Conj(z) / |z|^2"""
    if not _is_complex(at):
        return None
    a, b = _halves(at, at.x)
    square = at("AddV2", at("Square", a), at("Square", b))
    return at("Complex", at("RealDiv", a, square), at("Neg", at("RealDiv", b, square)))


def matrix_product(at: Site) -> Value | None:
    """MatMul of complex numbers -> four of real ones"""
    if not _is_complex(at) or flag(at.old, "adj_x") or flag(at.old, "adj_y"):
        return None
    attrs = {key: value for key, value in at.old.attrs.items() if isinstance(value, bool)}
    op = "BatchMatMulV2" if at.old.op.startswith("Batch") else "MatMul"
    return _product(at, at.inputs[0], at.inputs[1], op, **attrs)


def chosen(at: Site) -> Value | None:
    """SelectV2(c, z, w) -> Complex(the real parts chosen, the imaginary parts chosen)"""
    if not _is_complex(at):
        return None
    condition, yes, no = at.inputs
    (a, b), (c, d) = _halves(at, yes), _halves(at, no)
    return at("Complex", at.select(condition, a, c), at.select(condition, b, d))


def joined(at: Site) -> Value | None:
    """Complex(x, y) of different shapes -> each with the zeros of the other added, since TF.js does not broadcast"""
    x, y = at.inputs
    dims = [at.shapes.of(value) for value in (x, y)]
    if dims[0] is None or dims[1] is None:
        return None
    same = len(dims[0]) == len(dims[1]) and all(
        one == other or None in (one, other) for one, other in zip(*dims, strict=True)
    )
    if same:
        return None
    return at("Complex", at("AddV2", x, at("ZerosLike", y)), at("AddV2", y, at("ZerosLike", x)))


def _is_complex(at: Site) -> bool:
    return type_of(at.inputs[-1]) == "complex64"


def _halves(at: Site, z: Value) -> tuple[Value, Value]:
    return at("Real", z), at("Imag", z)


def _product(at: Site, z: Value, w: Value, op: str, **attrs: Attr) -> Value:
    (a, b), (c, d) = _halves(at, z), _halves(at, w)
    real = at("Sub", at(op, a, c, **attrs), at(op, b, d, **attrs))
    return at("Complex", real, at("AddV2", at(op, a, d, **attrs), at(op, b, c, **attrs)))


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


_LINEAR = ("Slice", "StridedSlice", "Pad", "MirrorPad", "Tile", "ReverseV2", "Neg", "Sum", "GatherNd", "BroadcastTo",
           "Mean", "Cumsum", "GatherV2", "Gather", "Reshape", "ExpandDims", "Squeeze")  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys((*_LINEAR, "Unpack", "SplitV"), by_parts()),
    **dict.fromkeys(("Split", "Fill"), by_parts(1)),
    **dict.fromkeys(("Add", "AddV2", "Sub"), added),
    "Pack": stacked,
    "Mul": multiplied,
    **dict.fromkeys(("Div", "RealDiv"), divided),
    **dict.fromkeys(("Reciprocal", "Inv"), inverted),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), matrix_product),
    "SelectV2": chosen,
    "Complex": joined,
    "Conj": conjugate,
    "Angle": angle,
    "Square": square,
    "ConjugateTranspose": conjugate_transpose,
    "PadV2": pad_with_value,
}
