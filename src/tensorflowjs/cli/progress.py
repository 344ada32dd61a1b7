"""A progress bar while weights are written: on a terminal, and only if it takes long enough to be read."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tensorflowjs import events

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 0.5  # seconds without a word


@contextmanager
def shown_progress(*, enabled: bool) -> Iterator[None]:
    """Show the progress of the enclosed work on standard error."""
    if not enabled or not sys.stderr.isatty():
        yield
        return
    shower = _Shower()
    try:
        with events.listening(shower.hear):
            yield
    finally:
        shower.close()


class _Shower:
    """Imports and draws the bar when work turns out to be long."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def hear(self, event: events.Event) -> None:
        if not isinstance(event, events.Progress):
            return
        if self._bar is None:
            if time.monotonic() - self._start < PATIENCE:
                return
            self._bar = _new_bar()
            self._bar.start()
        if self._task is None or event.stage != self._stage:
            self._stage = event.stage
            self._task = self._bar.add_task(event.stage, total=event.total)
        self._bar.update(self._task, completed=event.done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _new_bar() -> Bar:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
