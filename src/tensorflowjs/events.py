"""The only channel from work to screen: notes and progress.

Work calls `note` and `progress`; whoever wants to show them installs a listener with `listening`.
Without a listener both cost next to nothing.

    with listening(events.append):
        convert(...)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something the user should know about the result, in one sentence."""

    text: str
    where: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units (bytes while writing weights) of a named stage are through, up to a `part` of it."""

    stage: str
    done: int
    total: int
    part: str = ""


Event = Note | Progress
Listener = Callable[[Event], object]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("tensorflowjs_listeners", default=())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send every event of the enclosed work to `listener` (outer listeners hear it too)."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


def note(text: str, where: str | None = None) -> None:
    _emit(Note(text, where))


def progress(stage: str, done: int, total: int, part: str = "") -> None:
    _emit(Progress(stage, done, total, part))


def _emit(event: Event) -> None:
    for listener in _listeners.get():
        listener(event)


@contextmanager
def kept_notes() -> Iterator[list[Note]]:
    """A list that all notes of the enclosed work go into."""
    notes: list[Note] = []

    def keep(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event)

    with listening(keep):
        yield notes
