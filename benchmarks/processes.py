"""Runs commands, each as a user would, in a process of its own, and measures them.

What a process takes is measured by a small process that starts it: one that is started by a large process
inherits its peak of memory from it.

    python processes.py RESULT.json COMMAND...    run COMMAND, write what it took
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

RELAY = Path(__file__).resolve()
_UNIT_OF_MEMORY = 1 if sys.platform == "darwin" else 1024  # bytes in what getrusage counts


class CommandFailed(Exception):
    """A command that was to be measured went wrong."""

    def __init__(self, command: Command, said: str) -> None:
        super().__init__(f"{' '.join(map(str, command.argv))}\n{said[-2000:]}")
        self.command = command


@dataclass(frozen=True)
class Command:
    """What to run, and what it makes: removed before each run, so that every run starts alike."""

    argv: Sequence[str | Path]
    output: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    seconds: float
    processor: float | None  # seconds of processor time; Windows does not tell
    memory: int | None  # most bytes in memory at once


@dataclass(frozen=True)
class Runs:
    """The same command several times."""

    each: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.each)

    @property
    def best(self) -> float:
        return min(run.seconds for run in self.each)

    @property
    def processor(self) -> float | None:
        known = [run.processor for run in self.each if run.processor is not None]
        return median(known) if known else None

    @property
    def memory(self) -> int | None:
        return max((run.memory for run in self.each if run.memory is not None), default=None)


def alternated(commands: Mapping[str, Command], rounds: int, warm_up: int = 1) -> dict[str, Runs]:
    """Run all commands in turns, so that what disturbs the machine disturbs all of them. The last outputs stay.

    The first `warm_up` turns fill caches and are not counted.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(warm_up + rounds):
        for name, command in commands.items():
            done = measured(command)
            if turn >= warm_up:
                runs[name].append(done)
            if turn < warm_up + rounds - 1:
                remove(command.output)
    return {name: Runs(tuple(each)) for name, each in runs.items()}


def measured(command: Command) -> Run:
    remove(command.output)
    settle()
    result = command.output.with_name(f"{command.output.name}.measured.json")
    log = result.with_suffix(".log")
    with log.open("w+") as text:
        relay = [sys.executable, "-I", RELAY, result, *command.argv]
        code = subprocess.run(
            relay, env={**os.environ, **command.environment}, stdout=text, stderr=text, check=False
        ).returncode
        text.seek(0)
        said = text.read()
    log.unlink()
    run = Run(**json.loads(result.read_text())) if result.exists() else None
    result.unlink(missing_ok=True)
    if code or run is None:
        raise CommandFailed(command, said)
    return run


def remove(path: Path) -> None:
    """Empty the file or folder at `path`, and put it out of the way.

    Deleting comes at the end of it all: ext4 takes its time to make new files where others were deleted just
    now, which nobody meets who converts one model.
    """
    if not os.path.lexists(path):
        return
    for file in path.iterdir() if path.is_dir() else [path]:
        os.truncate(file, 0)
    rubbish = path.parent / "rubbish"
    rubbish.mkdir(exist_ok=True)
    path.rename(rubbish / secrets.token_hex(8))


def settle() -> None:
    """Let the disk finish what earlier runs have left to it."""
    if hasattr(os, "sync"):
        os.sync()


# ---------------------------------------------------------------------------------- the small process


def relay(argv: list[str]) -> tuple[int, Run]:
    start = time.perf_counter()
    process = subprocess.Popen(argv)
    if not hasattr(os, "wait4"):
        code = process.wait()
        return code, Run(time.perf_counter() - start, None, None)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    return os.waitstatus_to_exitcode(status), Run(
        seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * _UNIT_OF_MEMORY
    )


def main() -> int:
    result, *argv = sys.argv[1:]
    code, run = relay(argv)
    Path(result).write_text(json.dumps(vars(run)))
    return code


if __name__ == "__main__":
    sys.exit(main())
