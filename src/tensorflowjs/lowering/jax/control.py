"""Loops and branches. A scan of few steps is written step by step, which TF.js runs faster, and in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorflowjs.lowering.functions import gather, stack, unstack
from tensorflowjs.lowering.jax.liveness import called, opened
from tensorflowjs.lowering.jax.numerals import traced_dtype
from tensorflowjs.lowering.jax.sizes import known
from tensorflowjs.lowering.jax.walking import Held, Site, Write
from tensorflowjs.lowering.loops import branch, loop, repeat, reserved, stacked, written
from tensorflowjs.lowering.values import INT, Traced

# Up to so many equations in all steps together, a scan is written step by step.
UNROLLED_EQUATIONS = 1000


def as_arguments(held: Sequence[Held]) -> list[Callable[[], Held]]:
    return [lambda each=each: each for each in held]  # type: ignore[misc]


def _run(site: Site, closed: Any, held: Sequence[Held]) -> list[Traced]:
    """All results of a jaxpr as values."""
    results = site.walk.run(closed, as_arguments(held), [True] * len(opened(closed).outvars))
    return [each if isinstance(each, Traced) else site.const(each) for each in results if each is not None]


# ---------------------------------------------------------------------------- while


def while_loop(site: Site) -> list[Traced]:
    params, held = site.params, list(site.held)
    of_condition, of_body = int(params["cond_nconsts"]), int(params["body_nconsts"])
    outside, held = held[:of_condition], held[of_condition:]
    constants = held[:of_body]
    start = [site.input(of_condition + of_body + at) for at in range(len(held) - of_body)]

    def go_on(values: list[Traced]) -> Traced:
        return _run(site, params["cond_jaxpr"], [*outside, *values])[0]

    def following(values: list[Traced]) -> list[Traced]:
        return _run(site, params["body_jaxpr"], [*constants, *values])

    return loop(site.builder, start, go_on, following)


# ---------------------------------------------------------------------------- scan


def scan(site: Site) -> list[Traced]:
    """Carried values and what each step makes, stacked."""
    params = site.params
    fixed, carried = int(params["num_consts"]), int(params["num_carry"])
    constants, sequences = list(site.held[:fixed]), [site.input(at) for at in range(fixed + carried, len(site.held))]
    carry = [site.input(at) for at in range(fixed, fixed + carried)]
    length = params["length"]
    if isinstance(length, int) and length * weight(params["jaxpr"]) <= UNROLLED_EQUATIONS:
        return _step_by_step(site, constants, carry, sequences)
    return _in_a_loop(site, constants, carry, sequences)


def weight(closed: Any) -> int:
    """How many equations a jaxpr has, with those of the jaxprs it calls; loops in it count as often as they run."""
    total = 0
    for equation in opened(closed).eqns:
        inner = called(equation)
        if equation.primitive.name == "scan" and isinstance(equation.params["length"], int):
            total += equation.params["length"] * weight(equation.params["jaxpr"])
        else:
            total += 1 if inner is None else weight(inner)
    return total


def _step_by_step(
    site: Site, constants: Sequence[Held], carry: list[Traced], sequences: Sequence[Traced]
) -> list[Traced]:
    length, made = int(site.params["length"]), []
    rows = [unstack(sequence, 0) if length else [] for sequence in sequences]
    order = range(length - 1, -1, -1) if site.params["reverse"] else range(length)
    for at in order:
        results = _run(site, site.params["jaxpr"], [*constants, *carry, *(row[at] for row in rows)])
        carry, step = results[: len(carry)], results[len(carry) :]
        made.append(step)
    in_place = made[::-1] if site.params["reverse"] else made
    avals = [variable.aval for variable in site.equation.outvars[len(carry) :]]
    if not in_place:
        return [*carry, *(_nothing(site, aval) for aval in avals)]
    return [*carry, *(stack([step[at] for step in in_place], 0) for at in range(len(avals)))]


def _nothing(site: Site, aval: Any) -> Traced:
    dtype = traced_dtype(aval.dtype) or INT
    return site.builder.put(
        "Fill", [site.builder.sizes(site.sizes(aval.shape)), site.builder.const(0, dtype)], dtype, known(aval.shape)
    )


def _in_a_loop(site: Site, constants: Sequence[Held], carry: list[Traced], sequences: Sequence[Traced]) -> list[Traced]:
    builder, length = site.builder, site.size(site.params["length"])
    avals = [variable.aval for variable in site.equation.outvars[len(carry) :]]
    kinds = [(traced_dtype(aval.dtype) or INT, known(aval.shape[1:])) for aval in avals]
    lists = [reserved(builder, dims, length, dtype) for dtype, dims in kinds]

    def step(number: Traced, variables: list[Traced]) -> list[Traced]:
        at = length - 1 - number if site.params["reverse"] else number
        now, filled = variables[: len(carry)], variables[len(carry) :]
        rows = [gather(sequence, at) for sequence in sequences]
        results = _run(site, site.params["jaxpr"], [*constants, *now, *rows])
        made = zip(filled, results[len(carry) :], strict=True)
        return [*results[: len(carry)], *(written(values, at, value) for values, value in made)]

    after = repeat(builder, length, [*carry, *lists], step)
    made = zip(after[len(carry) :], kinds, strict=True)
    return [*after[: len(carry)], *(stacked(values, dims, length, dtype) for values, (dtype, dims) in made)]


# ---------------------------------------------------------------------------- cond


def cond(site: Site) -> list[Traced]:
    """Branches by number; a number beyond the ends is that of the nearest."""
    branches, held = site.params["branches"], site.held[1:]
    number = site.number(0)
    if number is not None:
        return _run(site, branches[min(max(int(number), 0), len(branches) - 1)], held)
    return _chosen(site, site.x, branches, [*held])


def _chosen(site: Site, number: Traced, branches: Sequence[Any], held: Sequence[Held]) -> list[Traced]:
    if len(branches) == 1:
        return _run(site, branches[0], held)
    first, *rest = branches
    return branch(
        site.builder,
        number <= 0,
        lambda: _run(site, first, held),
        lambda: _chosen(site, number - 1, rest, held),
    )


def platform(site: Site) -> Traced:
    """Which of several versions of a function is used: that for CPUs, or the one for all."""
    kinds = site.params["platforms"]
    wanted = [at for at, names in enumerate(kinds) if names is None or "cpu" in names]
    return site.builder.ints(wanted[0] if wanted else len(kinds) - 1)


PRIMITIVES: dict[str, Write] = {"while": while_loop, "scan": scan, "cond": cond, "platform_index": platform}
