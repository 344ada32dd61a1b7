"""What a model can say that neither Keras nor TensorFlow would write, as one plain error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflowjs.errors import CorruptInputError

_MALFORMED = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError)


@contextmanager
def making_sense_of(what: str, writer: str = "Keras") -> Iterator[None]:
    """Turns whatever goes wrong over `what` into an error that names it: a file can hold any JSON at any place."""
    try:
        yield
    except _MALFORMED as error:
        raise CorruptInputError(
            f"{what} makes no sense: {_said(error)}.",
            hint=f"The file may be damaged. If {writer} loads it, run again with --debug, and please report this.",
        ) from error


def _said(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f'there is no "{error.args[0]}"' if error.args else "something is missing"
    return str(error).rstrip(".") or type(error).__name__


def listed(names: list[str], most: int = 8) -> str:
    """Names for a message: the first ones, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"


def quoted(names: list[str]) -> str:
    return listed([f'"{name}"' for name in names])
