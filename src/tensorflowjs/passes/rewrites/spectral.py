"""Fourier transforms: of a given length, and along two axes."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.rewrites.site import Rule, Site


def rfft(at: Site) -> Value | None:
    """RFFT of a given length -> Pad or Slice to that length, RFFT"""
    length, size = _length(at), at.shapes.dim(at.x, -1)
    if length is None or length == size or at.shapes.rank(at.x) is None or _is_fitted(at, length):
        return by_rows(at)
    return at.again(_fitted(at, at.x, size, length), at.inputs[1])


def irfft(at: Site) -> Value | None:
    """IRFFT of a given even length -> Pad or Slice to half of it and one, IRFFT"""
    length, size = _length(at), at.shapes.dim(at.x, -1)
    if length is None or length % 2 or length // 2 + 1 == size:
        return None
    if at.shapes.rank(at.x) is None or _is_fitted(at, length // 2 + 1):
        return None
    return at.again(_fitted(at, at.x, size, length // 2 + 1), at.inputs[1])


def by_rows(at: Site) -> Value | None:
    """FFT(x) of three axes -> Reshape(x) to rows, FFT, Reshape back, since WebGL and WebGPU leave its parts as rows"""
    sizes = at.sizes(at.x)
    if sizes is None or len(sizes) == 2 or {user.op for user in at.old.output.users} == {"ComplexAbs"}:
        return None
    rows = at.reshape(at.x, at.packed([at.product(sizes[:-1]), sizes[-1]]))
    count = _length(at) if at.old.op == "RFFT" else None
    last = sizes[-1] if count is None else count // 2 + 1
    return at.reshape(at.again(rows, *at.inputs[1:]), at.packed([*sizes[:-1], last]))


def _length(at: Site) -> int | None:
    values = constant(at.inputs[1])
    return None if values is None or values.size != 1 else int(values.reshape(-1)[0])


def _is_fitted(at: Site, length: int) -> bool:
    """Whether the input has been cut to `length` already."""
    sizes = constant(at.x.node.inputs[2]) if at.x.node.op == "Slice" else None
    return sizes is not None and sizes.size > 0 and int(sizes[-1]) == length


def _fitted(at: Site, x: Value, size: int | None, length: int) -> Value:
    rank = at.shapes.rank(x)
    assert rank is not None
    if size is None:
        x = at("Pad", x, at.const([*[[0, 0]] * (rank - 1), [0, length]], "int32"))
    if size is None or size > length:
        return at.slice(x, [0] * rank, [*[-1] * (rank - 1), length])
    return at("Pad", x, at.const([*[[0, 0]] * (rank - 1), [0, length - size]], "int32"))


def along_two(at: Site) -> Value | None:
    """FFT2D(x) -> FFT along the last axis, Transpose, FFT, Transpose"""
    rank = at.shapes.rank(at.x)
    if rank is None:
        return None
    order = [*range(rank - 2), rank - 1, rank - 2]
    op = at.old.op[:-2]
    return at.transpose(at(op, at.transpose(at(op, at.x), order)), order)


def rfft_along_two(at: Site) -> Value | None:
    """RFFT2D(x) -> RFFT along the last axis, Transpose, FFT, Transpose"""
    rank, lengths, sizes = at.shapes.rank(at.x), constant(at.inputs[1]), at.shapes.of(at.x)
    if rank is None or lengths is None or sizes is None or list(sizes[-2:]) != lengths.tolist():
        return None
    order = [*range(rank - 2), rank - 1, rank - 2]
    rows = at("RFFT", at.x, at.ints([int(lengths[1])]), Tcomplex=Type("complex64"))
    return at.transpose(at("FFT", at.transpose(rows, order)), order)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("FFT", "IFFT"), by_rows),
    "RFFT": rfft,
    "IRFFT": irfft,
    "FFT2D": along_two,
    "IFFT2D": along_two,
    "RFFT2D": rfft_along_two,
}
