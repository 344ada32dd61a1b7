"""Progress while weights are written, if that takes long: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tensorflowjs import events
from tensorflowjs.report.amounts import size

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 0.5  # seconds without a word
PACE = 10.0  # seconds between two lines where there is no terminal


@contextmanager
def shown_progress(*, enabled: bool) -> Iterator[None]:
    """Show the progress of the enclosed work on standard error."""
    if not enabled:
        yield
        return
    shower = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        with events.listening(shower.hear):
            yield
    finally:
        shower.close()


class _Bar:
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
            self._task = self._bar.add_task(event.stage, total=event.total, part=event.part)
        self._bar.update(self._task, completed=event.done, part=event.part)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Lines:
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()

    def hear(self, event: events.Event) -> None:
        now = time.monotonic()
        if isinstance(event, events.Progress) and event.total and now - self._last >= PACE:
            self._last = now
            print(_line(event, now - self._start), file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


def _line(event: events.Progress, seconds: float) -> str:
    share = event.done / event.total
    left = f", {seconds / share - seconds:.0f} s left" if share else ""
    part = f" ({event.part})" if event.part else ""
    return f"{event.stage}: {share:.0%} of {size(event.total)}{part}, {size(int(event.done / seconds))}/s{left}"


def _new_bar() -> Bar:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[part]}"),
        console=Console(stderr=True),
        transient=True,
    )
