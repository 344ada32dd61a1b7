"""Which equations of a jaxpr the results depend on: random keys that nobody draws with need no refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Primitives that do nothing but run a jaxpr, and the parameter that holds it.
CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "remat": "jaxpr",
    "remat2": "jaxpr", "checkpoint": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr", "named_call": "call_jaxpr", "xla_call": "call_jaxpr",
}  # fmt: skip


def opened(jaxpr: Any) -> Any:
    """The jaxpr inside one that is closed over constants."""
    return getattr(jaxpr, "jaxpr", jaxpr)


def called(equation: Any) -> Any | None:
    """The jaxpr that `equation` runs as it is."""
    name = CALLS.get(equation.primitive.name)
    if name is None:
        return None
    return equation.params.get(name) or equation.params.get("call_jaxpr") or equation.params.get("jaxpr")


def is_literal(atom: Any) -> bool:
    return hasattr(atom, "val")


def live(jaxpr: Any, wanted: Sequence[bool]) -> tuple[list[tuple[Any, list[bool]]], list[bool]]:
    """The equations that `wanted` outputs need, each with which of its outputs are; and the inputs they need."""
    needed = {atom for atom, want in zip(jaxpr.outvars, wanted, strict=True) if want and not is_literal(atom)}
    kept = []
    for equation in reversed(jaxpr.eqns):
        wants = [variable in needed for variable in equation.outvars]
        if not any(wants):
            continue
        kept.append((equation, wants))
        needed.update(_read(equation, wants))
    return kept[::-1], [variable in needed for variable in jaxpr.invars]


def _read(equation: Any, wants: Sequence[bool]) -> list[Any]:
    inner = called(equation)
    if inner is None:
        return [atom for atom in equation.invars if not is_literal(atom)]
    _, reads = live(opened(inner), wants)
    return [atom for atom, read in zip(equation.invars, reads, strict=True) if read and not is_literal(atom)]
