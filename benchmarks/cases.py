"""What is measured, and what it has to be.

Each case yields rows: what was measured, beside what, their ratio, and the target where there is one. Both
sides of a ratio are measured in turns in the same run on the same machine; other times mean nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import outputs
from processes import Command, CommandFailed, Runs, alternated, measured, remove
from reference import QUIET, Reference

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "tests" / "fixtures" / "keras"
TINY = {".h5": FIXTURES / "tf_keras-2.19" / "mlp.h5", ".keras": FIXTURES / "keras-3.15.1" / "mlp.keras"}
APPLICATIONS = ("MobileNetV2", "ResNet50")
MEGABYTE, GIGABYTE = 1_000_000, 2**30

MOST_SECONDS = 0.3
LEAST_FASTER_TO_START = 10
MOST_COPIES = 1.5
MOST_MEGABYTES = 120
LEAST_FASTER_TO_QUANTISE = 3


@dataclass(frozen=True)
class Row:
    what: str
    result: str
    target: str = ""
    met: bool | None = None
    ours: Runs | None = None
    other: Runs | None = None
    start_up: Runs | None = None  # where it is taken off ours
    ratio: float | None = None
    fastest: str = ""  # the same by the fastest runs
    processor: str = ""  # and by processor time


@dataclass(frozen=True)
class Bench:
    """Where files go, how large they are, how often things are run, and with what to compare.

    What is in `work` goes at the end; what is in `cache` stays for later runs. With `reuse`, so do the results of the
    reference.
    """

    work: Path
    cache: Path
    reference: Reference | None
    size: int = GIGABYTE  # of the models that are called large
    rounds: int = 7
    reference_rounds: int = 3
    latency_rounds: int = 15
    reuse: bool = False

    @property
    def output(self) -> Path:
        return self.work / "ours"

    def model(self, kind: str, size: int) -> Path:
        """A model file of about `size` bytes; made by another process, which keeps this one small."""
        path = self.work / f"{size}.{kind}"
        if not path.exists():
            subprocess.run([sys.executable, HERE / "inputs.py", kind, path, str(size)], check=True)
        return path

    def copied(self, model: Path) -> Path:
        """A copy among the other files: the reference unpacks archives beside them."""
        return Path(shutil.copyfile(model, self.work / model.name))

    def ours(self, model: Path, *flags: str, output: Path | None = None) -> Command:
        # An installed package has its bytecode; one in a checkout may not be allowed to keep it.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.work / "bytecode")}
        target = output or self.output
        return Command((*converter(), *flags, "--quiet", model, target), target, compiled)

    def theirs(self, model: Path, *flags: str) -> Command:
        assert self.reference is not None
        kind = "keras_keras" if model.suffix == ".keras" else "keras"
        formats = (f"--input_format={kind}", "--output_format=tfjs_layers_model")
        output = self.work / "theirs"
        return Command((self.reference.command, *formats, *flags, model, output), output, QUIET)

    def beside_reference(self, model: Path, rounds: int, *flags: str) -> dict[str, Runs]:
        """Both converters in turns; both outputs stay. The reference is left out where it fails."""
        commands = {"ours": self.ours(model, *flags)}
        if self.reference is not None:
            commands["theirs"] = self.theirs(model, *flags)
        try:
            return alternated(commands, rounds)
        except CommandFailed as failure:
            if failure.command is not commands.get("theirs"):
                raise
            remove(commands.pop("theirs").output)
            return alternated(commands, rounds)


def converter() -> tuple[str | Path, ...]:
    """The command as it is installed beside this Python; else the module it starts."""
    found = shutil.which("tensorflowjs_converter", path=str(Path(sys.executable).parent))
    return (found,) if found else (sys.executable, "-m", "tensorflowjs.cli.converter")


# ---------------------------------------------------------------------------------- the cases


def startup(bench: Bench) -> Iterator[Row]:
    """Tiny models, from the start of the process to its end."""
    for suffix, model in TINY.items():
        runs = bench.beside_reference(bench.copied(model), bench.rounds)
        what = f"a tiny {suffix}, from start to end"
        yield in_seconds(what, runs["ours"])
        if bench.reference is not None:
            yield faster(what, runs, LEAST_FASTER_TO_START)


def in_seconds(what: str, runs: Runs) -> Row:
    """By the fastest run: whatever else the machine does can only add to a time."""
    return Row(
        what,
        f"{runs.best:.2f} s (median {runs.seconds:.2f} s)",
        f"at most {MOST_SECONDS} s",
        runs.best <= MOST_SECONDS,
        ours=runs,
        processor="" if runs.processor is None else f"{runs.processor:.2f} s",
    )


def copying(bench: Bench) -> Iterator[Row]:
    """Large models, beyond the start-up that a tiny one takes as well, beside a plain copy of their file."""
    copy = copy_command(bench.work)
    for kind in ("h5", "keras"):
        model = bench.model(kind, bench.size)
        copied = bench.work / "copy"
        commands = {
            "tiny": bench.ours(TINY[f".{kind}"]),
            "ours": bench.ours(model),
            "copy": Command((*copy, model, copied), copied),
        }
        runs = alternated(commands, bench.rounds)
        remove(copied)
        yield beside_copy(f"{size(bench.size)} .{kind}, beyond start-up", runs)


def beside_copy(what: str, runs: dict[str, Runs]) -> Row:
    tiny, ours, copy = (runs[name] for name in ("tiny", "ours", "copy"))
    ratio = (ours.seconds - tiny.seconds) / copy.seconds
    by_processor = ""
    if ours.processor is not None and tiny.processor is not None and copy.processor:
        by_processor = f"{(ours.processor - tiny.processor) / copy.processor:.2f}"
    return Row(
        what,
        f"{ratio:.2f} times a copy of the file",
        f"at most {MOST_COPIES}",
        ratio <= MOST_COPIES,
        ours=ours,
        other=copy,
        start_up=tiny,
        ratio=ratio,
        fastest=f"{(ours.best - tiny.best) / copy.best:.2f}",
        processor=by_processor,
    )


def memory(bench: Bench) -> Iterator[Row]:
    """The most that is in memory at once; flat, however large the model."""
    flags = {"": (), ", to uint8": ("--quantize_uint8=*",), ", to float16": ("--quantize_float16=*",)}
    cases = [("h5", bench.size * factor, "") for factor in (0.25, 1, 2)]
    cases += [("keras", bench.size, ""), *(("h5", bench.size, goal) for goal in flags if goal)]
    for kind, bytes_, goal in cases:
        model = bench.model(kind, round(bytes_))
        run = measured(bench.ours(model, *flags[goal]))
        remove(bench.output)
        if bytes_ > bench.size:
            model.unlink()
        if run.memory is not None:
            peak = run.memory / MEGABYTE
            what = f"memory for {size(round(bytes_))} .{kind}{goal}"
            yield Row(what, f"{peak:.0f} MB", f"at most {MOST_MEGABYTES} MB", peak <= MOST_MEGABYTES, Runs((run,)))


def converting(bench: Bench) -> Iterator[Row]:
    """A large model beside the reference converter: as it is, and quantised."""
    yield from beside(bench, bench.model("h5", bench.size), f"{size(bench.size)} .h5", None)


def quantising(bench: Bench) -> Iterator[Row]:
    for dtype in ("uint8", "uint16", "float16"):
        what = f"{size(bench.size)} .h5, to {dtype}"
        target = LEAST_FASTER_TO_QUANTISE
        yield from beside(bench, bench.model("h5", bench.size), what, target, f"--quantize_{dtype}=*")


def applications(bench: Bench) -> Iterator[Row]:
    """Models of tf_keras.applications, which it takes the reference's environment to make."""
    if bench.reference is None:
        return
    for name in APPLICATIONS:
        model = bench.work / f"{name}.h5"
        measured(Command((bench.reference.python, HERE / "applications.py", name, model), model, QUIET))
        yield from beside(bench, model, f"{name} .h5", None)
        model.unlink()


CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "startup": startup,
    "copying": copying,
    "memory": memory,
    "converting": converting,
    "quantising": quantising,
    "applications": applications,
}

# ---------------------------------------------------------------------------------- what they share


def beside(bench: Bench, model: Path, what: str, target: float | None, *flags: str) -> Iterator[Row]:
    """How much faster than the reference, and whether both write the same."""
    runs = bench.beside_reference(model, bench.reference_rounds, *flags)
    yield faster(what, runs, target)
    theirs = bench.work / "theirs"
    if theirs.exists():
        alike, words = outputs.compared(bench.output, theirs)
        yield Row(f"{what}, the output beside the reference's", words, "the same", alike)
    remove(bench.output)
    remove(theirs)


def faster(what: str, runs: dict[str, Runs], target: float | None) -> Row:
    """How many times faster than the reference converter."""
    ours, theirs = runs["ours"], runs.get("theirs")
    what = f"{what}, beside the reference"
    if theirs is None:
        return Row(what, f"{ours.seconds:.2f} s; the reference fails or is not installed", ours=ours)
    ratio = theirs.seconds / ours.seconds
    return Row(
        what,
        f"{ratio:.1f} times faster",
        f"at least {target:g}" if target else "",
        ratio >= target if target else None,
        ours=ours,
        other=theirs,
        ratio=ratio,
        fastest=f"{theirs.best / ours.best:.1f}",
        processor=f"{theirs.processor / ours.processor:.1f}" if theirs.processor and ours.processor else "",
    )


def copy_command(folder: Path) -> tuple[str | Path, ...]:
    """`cp`, kept from sharing blocks instead of copying where the file system can do that; else Python's copy."""
    if not shutil.which("cp"):
        return (sys.executable, "-c", "import shutil, sys; shutil.copyfile(*sys.argv[1:])")
    probe, copied = folder / "probe", folder / "probe.copy"
    probe.write_bytes(b"\0")
    try:
        shares = subprocess.run(["cp", "--reflink=always", probe, copied], capture_output=True).returncode == 0
    finally:
        probe.unlink()
        remove(copied)
    return ("cp", "--reflink=never") if shares else ("cp",)


def size(count: int) -> str:
    return f"{count / GIGABYTE:g} GiB" if count >= GIGABYTE // 4 else f"{count / 2**20:g} MiB"
