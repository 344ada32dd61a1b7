"""Runs a command in a pseudo-terminal, and answers what it asks."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Sequence

PATIENCE = 60.0
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[>=]|\][^\x07]*\x07)")
_ASKS_WHERE = b"\x1b[6n"  # prompt_toolkit wants to know where the cursor is


def on_a_terminal(code: str, words: Sequence[object], answers: Sequence[tuple[str, str]] = ()) -> tuple[int, str]:
    """Exit code and all that a terminal gets to see of Python `code` with `words` as its arguments.

    Each answer is typed once what it answers to has appeared.
    """
    import pty

    process, terminal = pty.fork()
    if process == 0:  # pragma: no cover
        os.environ.update(TERM="xterm-256color", COLUMNS="100", LINES="40")
        os.execv(sys.executable, [sys.executable, "-c", code, *map(str, words)])
    seen, read_to, waiting = b"", 0, list(answers)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
        if _ASKS_WHERE in data:
            os.write(terminal, b"\x1b[1;1R")
        if waiting and waiting[0][0] in plain(seen[read_to:]):
            os.write(terminal, waiting.pop(0)[1].encode())
            read_to = len(seen)
    else:
        os.kill(process, 9)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), seen.decode(errors="replace")


def plain(seen: bytes | str) -> str:
    """What was written, without colours and movements."""
    return ESCAPES.sub("", seen if isinstance(seen, str) else seen.decode(errors="replace"))
