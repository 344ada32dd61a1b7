"""Walks a jaxpr, equation by equation, and lets one function per primitive write its nodes.

Such a function gets the Site of one equation and returns what comes out. What TF.js cannot run it reports with
`site.refuse(...)`; every refusal ends up in one error, with the line of the user's code it comes from. Integers and
booleans that do not depend on inputs are computed by JAX at once, so that constant indices are seen to be in bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tensorflowjs import events
from tensorflowjs.dtypes import DTYPES
from tensorflowjs.errors import Problem
from tensorflowjs.lowering.building import Builder
from tensorflowjs.lowering.jax.liveness import called, is_literal, live, opened
from tensorflowjs.lowering.jax.numerals import BITS, COMPUTED_IN_FLOAT32, name_of, stored, traced_dtype, wrapped
from tensorflowjs.lowering.jax.origins import line_of
from tensorflowjs.lowering.jax.sizes import Sizes, known
from tensorflowjs.lowering.values import FLOAT, Dims, Size, Traced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tensorflowjs.ir.graph import Value

Held = Traced | np.ndarray[Any, Any]  # a value of the graph, or numbers that are known already
Write = Callable[["Site"], "Traced | Sequence[Traced]"]
MOST_KNOWN = 4096  # numbers in a value that is computed at once
MOST_REPEATED = 64  # numbers in a constant that each graph has for itself
MOST_NAMED = 3  # lines of each primitive
_SCOPE = re.compile(r"\w+")  # others are transformations, and equations of einsum


class Refused(Exception):
    """Raised by `Site.refuse`: this equation cannot be lowered. Its reason has been noted."""


@dataclass(frozen=True)
class Refusal:
    """Stands in the table for a primitive that TF.js cannot run at all."""

    reason: str
    hint: str | None = None

    def __call__(self, site: Site) -> Traced:
        site.refuse(self.reason, self.hint)


class Walk:
    """What one conversion knows while it writes: functions by primitive, sizes, the problems met."""

    def __init__(self, builder: Builder, functions: Mapping[str, Write]) -> None:
        self.builder = builder
        self.functions = functions
        self.sizes = Sizes(builder)
        self._problems: dict[tuple[str, str, str | None], list[str]] = {}
        self._noted: set[str] = set()
        self.narrow: dict[Value, Traced] = {}  # what values were before they were spread out, with as many axes
        self._callers: list[Any] = []  # equations that run the jaxpr in which we are
        self._constants: dict[int, tuple[Traced, NDArray[Any]]] = {}  # by identity, which lasts while it is in here

    # ------------------------------------------------------------------------ equations

    def run(self, closed: Any, arguments: Sequence[Callable[[], Held]], wanted: Sequence[bool]) -> list[Held | None]:
        """What the `wanted` outputs of a jaxpr are; an argument is only asked for if something needs it."""
        jaxpr = opened(closed)
        kept, _ = live(jaxpr, wanted)
        constants = [np.asarray(value) for value in getattr(closed, "consts", ())]
        values = _Values(jaxpr, constants, arguments)
        for equation, wants in kept:
            self._run(equation, wants, values)
        return [values.of(atom) if want else None for atom, want in zip(jaxpr.outvars, wanted, strict=True)]

    def _run(self, equation: Any, wants: list[bool], values: _Values) -> None:
        inner = called(equation)
        if inner is not None:
            lazily = [_later(values, atom) for atom in equation.invars]
            self._callers.append(equation)
            values.add(equation.outvars, self.run(inner, lazily, wants))
            self._callers.pop()
            return
        held = [values.of(atom) for atom in equation.invars]
        values.add(equation.outvars, _computed(equation, held) or self._written(equation, held, wants))

    def _written(self, equation: Any, held: list[Held], wants: list[bool]) -> list[Traced]:
        site = Site(self, equation, held, wants)
        with self.builder.under(site.scope) if site.scope else nullcontext():
            try:
                return site.write()
            except Refused:
                return [self.stand_in(variable.aval) for variable in equation.outvars]

    def stand_in(self, aval: Any) -> Traced:
        """A value of the right shape, so that what comes behind a refusal can be looked at as well."""
        dtype = traced_dtype(aval.dtype) or FLOAT
        return self.builder.put("Refused", [], dtype, known(aval.shape))

    def constant(self, array: NDArray[Any]) -> Traced:
        """Numbers that are known as a value of the graph; many of them only once, however often they are read."""
        dtype = traced_dtype(array.dtype) or FLOAT
        if array.size <= MOST_REPEATED:
            return self.builder.const(array.astype(DTYPES[dtype].storage), dtype)
        if id(array) not in self._constants:
            key = ("closed over", f"constant_{len(self._constants)}")
            found = self.builder.weight(key, stored(array))
            self._constants[id(array)] = (Traced(self.builder, found.value, dtype, found.dims), array)
        return self._constants[id(array)][0]

    # ------------------------------------------------------------------------ problems

    def note(self, where: str, reason: str, hint: str | None, equation: Any = None) -> None:
        lines = [] if equation is None else [line_of([*self._callers, equation])]
        self._problems.setdefault((where, reason, hint), []).extend(lines)

    @property
    def problems(self) -> list[Problem]:
        """Each primitive and reason once, with the lines it comes from."""
        return [Problem(_in_lines(name, lines), what, hint) for (name, what, hint), lines in self._problems.items()]

    def tell(self, text: str) -> None:
        """A note, once."""
        if text not in self._noted:
            self._noted.add(text)
            events.note(text)


def _in_lines(name: str, lines: Sequence[str]) -> str:
    named = list(dict.fromkeys(filter(None, lines)))
    shown = ", ".join(named[:MOST_NAMED])
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f"{name} in {shown}{more}" if shown else name


class _Values:
    """What the variables of one jaxpr hold."""

    def __init__(self, jaxpr: Any, constants: Sequence[Held], arguments: Sequence[Callable[[], Held]]) -> None:
        self._held: dict[Any, Held | None] = dict(zip(jaxpr.constvars, constants, strict=True))
        self._waiting = dict(zip(jaxpr.invars, arguments, strict=True))

    def of(self, atom: Any) -> Held:
        if is_literal(atom):
            return np.asarray(atom.val, atom.aval.dtype)
        if atom not in self._held:
            self._held[atom] = self._waiting[atom]()
        found = self._held[atom]
        assert found is not None
        return found

    def add(self, variables: Sequence[Any], held: Sequence[Held | None]) -> None:
        self._held.update(zip(variables, held, strict=True))


def _later(values: _Values, atom: Any) -> Callable[[], Held]:
    return lambda: values.of(atom)


def _computed(equation: Any, held: Sequence[Held]) -> list[Held] | None:
    """The results of an equation on known integers and booleans, if there are not too many."""
    if not all(isinstance(each, np.ndarray) and _is_countable(each) for each in held):
        return None
    results = [variable.aval for variable in equation.outvars]
    if equation.effects or equation.primitive.name in _NOT_NUMBERS or not all(_is_countable(aval) for aval in results):
        return None
    if any(_holds_jaxpr(value) for value in equation.params.values()):
        return None
    found = equation.primitive.bind(*held, **equation.params)
    return [np.asarray(each) for each in (found if equation.primitive.multiple_results else [found])]


_NOT_NUMBERS = frozenset({"platform_index", "dim_as_value"})  # they only have results where the function runs


def _is_countable(described: Any) -> bool:
    """Whether this is a small array of integers or booleans, or a single float."""
    if not all(isinstance(size, int) for size in described.shape):
        return False
    most = {"b": MOST_KNOWN, "i": MOST_KNOWN, "u": MOST_KNOWN, "f": 1}.get(getattr(described.dtype, "kind", ""), -1)
    return bool(described.size <= most)


def _holds_jaxpr(value: Any) -> bool:
    return (isinstance(value, list | tuple) and any(map(_holds_jaxpr, value))) or hasattr(value, "eqns")


# ---------------------------------------------------------------------------- one equation


# Primitives whose results may be beyond the ends of an integer dtype of fewer bits, and are then wrapped around.
_WRAPPING = frozenset({"add", "add_any", "sub", "mul", "neg", "abs", "not", "reduce_sum", "cumsum", "dot_general",
                       "convert_element_type", "integer_pow", "square"})  # fmt: skip


class Site:
    """One equation: what it gets, and what it is written with."""

    def __init__(self, walk: Walk, equation: Any, held: Sequence[Held], wants: Sequence[bool]) -> None:
        self.walk = walk
        self.builder = walk.builder
        self.equation = equation
        self.params: dict[str, Any] = {key: _plain(value) for key, value in equation.params.items()}
        self.held = held
        self.wants = wants
        self.name = str(equation.primitive.name)

    @property
    def scope(self) -> str:
        """The named scopes of the equation, such as the layers of Flax, as part of a name."""
        parts = str(self.equation.source_info.name_stack).split("/")
        return "/".join(filter(_SCOPE.fullmatch, parts))

    # ------------------------------------------------------------------------ what it gets

    def number(self, position: int) -> NDArray[Any] | None:
        """An operand that is known already."""
        held = self.held[position]
        return held if isinstance(held, np.ndarray) else None

    def input(self, position: int) -> Traced:
        held = self.held[position]
        return self.const(held) if isinstance(held, np.ndarray) else held

    def const(self, array: NDArray[Any]) -> Traced:
        if traced_dtype(array.dtype) is None:
            self.refuse(f"values of dtype {name_of(array.dtype)}, which TF.js does not have")
        return self.walk.constant(array)

    @property
    def inputs(self) -> list[Traced]:
        return [self.input(position) for position in range(len(self.held))]

    @property
    def together(self) -> list[Traced]:
        """The operands of a primitive that works element by element, which TF.js spreads out itself.

        Those that were spread out before are left as they were, if another one has the shape of the result.
        """
        inputs, shape = self.inputs, str(self.result.shape)
        narrow = [self.walk.narrow.get(each.value) for each in inputs]
        wide = [at for at, found in enumerate(narrow) if found is None and str(self.aval(at).shape) == shape]
        return [found or each for found, each in zip(narrow, inputs, strict=True)] if wide else inputs

    @property
    def x(self) -> Traced:
        return self.input(0)

    def aval(self, position: int = 0) -> Any:
        """The shape and dtype of an operand."""
        return self.equation.invars[position].aval

    @property
    def result(self) -> Any:
        """The shape and dtype of the first result."""
        return self.equation.outvars[0].aval

    @property
    def dtype(self) -> str:
        """The dtype of the first result in the graph."""
        return traced_dtype(self.result.dtype) or FLOAT

    @property
    def kind(self) -> str:
        """The dtype of the first operand in JAX."""
        return name_of(self.aval().dtype)

    @property
    def dims(self) -> Dims:
        """The known sizes of the first result."""
        return known(self.result.shape)

    def sizes(self, shape: Sequence[Any]) -> list[Size]:
        return self.walk.sizes.all_of(shape)

    def size(self, size: Any) -> Size:
        return self.walk.sizes.of(size)

    def fixed(self, size: Any, what: str) -> int:
        """A size that must be known before the model runs."""
        if not isinstance(size, int):
            self.refuse(f"{what} that is not fixed: {size}", "give the model's input a fixed size there")
        return size

    # ------------------------------------------------------------------------ writing

    def write(self) -> list[Traced]:
        function = self.walk.functions.get(self.name)
        if function is None:
            self.refuse("TF.js has nothing for this primitive of JAX")
        if not isinstance(function, Refusal):
            self._check_dtypes()
        made = function(self)
        results = [made] if isinstance(made, Traced) else list(made)
        return [self._checked(*pair) for pair in zip(results, self.equation.outvars, strict=True)]

    def _check_dtypes(self) -> None:
        for atom in (*self.equation.invars, *self.equation.outvars):
            dtype = getattr(atom.aval, "dtype", None)
            name = name_of(dtype)
            if dtype is None or traced_dtype(dtype) is None:
                self.refuse(f"values of dtype {name}, which TF.js does not have", _DTYPE_HINTS.get(name))
            if name in COMPUTED_IN_FLOAT32:
                self.walk.tell(f"What JAX computes in {name} is computed in float32.")

    def _checked(self, traced: Traced, variable: Any) -> Traced:
        """`traced` with all that JAX knows of it, which must not contradict what is known here."""
        aval = variable.aval
        dims, dtype = known(aval.shape), traced_dtype(aval.dtype)
        pairs = zip(traced.dims, dims, strict=True) if len(traced.dims) == len(dims) else [(0, 1)]
        if traced.dtype != dtype or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise AssertionError(f"{self.name}: {traced} for {aval}")
        result = Traced(traced.builder, traced.value, traced.dtype, dims)
        name = name_of(aval.dtype)
        return wrapped(result, name) if name in BITS and self.name in _WRAPPING else result

    def refuse(self, reason: str, hint: str | None = None) -> NoReturn:
        self.walk.note(self.name, reason, hint, self.equation)
        raise Refused


def _plain(value: Any) -> Any:
    """Integers of numpy, which JAX takes as sizes, as those of Python."""
    if isinstance(value, np.integer):
        return int(value)
    return type(value)(map(_plain, value)) if type(value) in (tuple, list) else value


_DTYPE_HINTS = {
    "uint32": "convert to int32 where the numbers are below 2^31",
    "uint64": "convert to int32 where the numbers are below 2^31",
}
