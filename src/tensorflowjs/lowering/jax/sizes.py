"""Sizes that JAX only knows by name, such as `b` or `2*b + 1`, as numbers or as values of the graph."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from tensorflowjs.errors import UsageError
from tensorflowjs.lowering.building import Builder
from tensorflowjs.lowering.values import Dims, Size, Traced, binary

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Pow: lambda a, b: a**b if isinstance(a, int) else _power(a, b),
}

_FUNCTIONS: dict[str, Callable[..., Size]] = {
    "floordiv": lambda a, b: _apply("FloorDiv", lambda a, b: a // b, a, b),
    "mod": lambda a, b: _apply("FloorMod", lambda a, b: a % b, a, b),
    "max": lambda a, b: _apply("Maximum", max, a, b),
    "min": lambda a, b: _apply("Minimum", min, a, b),
    "non_negative": lambda a: _apply("Maximum", max, a, 0),
}


def _apply(op: str, of_numbers: Callable[[int, int], int], a: Size, b: Size) -> Size:
    return of_numbers(a, b) if isinstance(a, int) and isinstance(b, int) else binary(op, a, b)


def _power(base: Traced, exponent: int) -> Traced:
    result = base
    for _ in range(exponent - 1):
        result = result * base
    return result


def known(shape: Sequence[Any]) -> Dims:
    """The sizes of a shape of JAX that are numbers; None for others."""
    return tuple(size if isinstance(size, int) else None for size in shape)


class Sizes:
    """Finds named sizes in the shapes of the inputs, where the model runs."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._places: dict[str, tuple[Traced, int]] = {}
        self._found: dict[str, Size] = {}

    def learn(self, value: Traced, shape: Sequence[Any]) -> None:
        """See which names stand alone on an axis of an input."""
        for axis, size in enumerate(shape):
            if not isinstance(size, int) and str(size).isidentifier():
                self._places.setdefault(str(size), (value, axis))

    def of(self, size: Any) -> Size:
        if isinstance(size, int):
            return size
        text = str(size)
        if text not in self._found:
            with self._builder.outermost(), self._builder.under("sizes"):
                self._found[text] = self._evaluated(ast.parse(text.replace("^", "**"), mode="eval").body)
        return self._found[text]

    def all_of(self, shape: Sequence[Any]) -> list[Size]:
        return [self.of(size) for size in shape]

    def _evaluated(self, term: ast.expr) -> Size:
        match term:
            case ast.Constant(value=int(number)):
                return number
            case ast.Name(id=name):
                return self._size_of(name)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self._evaluated(inner) * -1
            case ast.BinOp(left=left, op=operator, right=right):
                return _size(_OPERATORS[type(operator)](self._evaluated(left), self._evaluated(right)))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return _FUNCTIONS[name](*(self._evaluated(each) for each in arguments))
        raise UsageError(f"A size that cannot be computed when the model runs: {ast.unparse(term)}.")

    def _size_of(self, name: str) -> Size:
        if name not in self._places:
            raise UsageError(
                f'The size "{name}" is not the size of any axis of an input.',
                hint="Name sizes in polymorphic_shapes so that each name stands alone at least once, as in '(b, ...)'.",
            )
        value, axis = self._places[name]
        return value.size(axis)


def _size(value: Any) -> Size:
    assert isinstance(value, int | Traced)
    return value
