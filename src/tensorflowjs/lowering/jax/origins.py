"""Which line of the user's code an equation of a jaxpr comes from."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Packages whose frames stand between the user's line and the equation.
_LIBRARIES = ("jax", "jaxlib", "flax", "haiku", "equinox", "optax", "einops", "chex", "distrax", "tensorflowjs")
_PYTHON = sysconfig.get_paths()["stdlib"]


def line_of(equations: Sequence[Any]) -> str:
    """`file:line` of the last equation, of which each calls the next; "" where JAX has not kept it.

    JAX traces a function that is called again only once, so that the equations in it may tell of another call.
    They are believed where the line of the caller is among theirs.
    """
    found: tuple[str, int] | None = None
    for equation in equations:
        lines = [frame for frame in _frames(equation) if _is_users(frame[0])]
        if lines and (found is None or found in lines):
            found = lines[0]
    return f"{Path(found[0]).name}:{found[1]}" if found is not None else ""


def _frames(equation: Any) -> Iterator[tuple[str, int]]:
    traceback = getattr(equation.source_info, "traceback", None)
    for frame in getattr(traceback, "frames", ()):
        line = getattr(frame, "line_num", None)
        yield frame.file_name, frame.start_line if line is None else line


def _is_users(file: str) -> bool:
    if file.startswith("<") or (file.startswith(_PYTHON) and "site-packages" not in file):
        return False
    return not any(file.startswith(place) for name in _LIBRARIES for place in _places(name))


def _places(library: str) -> list[str]:
    """The folders of a library that is in use."""
    return [str(Path(place, "")) + os.sep for place in getattr(sys.modules.get(library), "__path__", ())]
