"""What is measured of graph models, and what it has to be."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import graphs
from cases import MEGABYTE, Bench, Row, faster, size
from graphs import Export, Figures
from processes import Command, Runs, measured, remove
from reference import QUIET

from tensorflowjs.verify import TfjsRunner

LIBRARIES = ("keras", "tf_keras")
ARCHITECTURES = (
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "MobileNetV3Large",
    "ResNet50",
    "ResNet50V2",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "DenseNet121",
    "InceptionV3",
    "NASNetMobile",
    "ConvNeXtTiny",
    "BERT",
    "ViT",
    "U-Net",
    "SSD",
)
EXPORTS = ("MobileNetV2", "ResNet50", "EfficientNetB0", "NASNetMobile", "BERT")
CHECKPOINT_SIZES = (0.25, 1, 2.5)  # times the size of what is called large

LEAST_FASTER = 8
MOST_MEMORY = 0.1
MOST_MORE_MEMORY = 1.1
MOST_NODES, MOST_NODES_ON_AVERAGE = 1.0, 0.75
MOST_LATENCY, MOST_LATENCY_ON_AVERAGE = 1.03, 0.9


def exports(bench: Bench) -> Iterator[Row]:
    """Time and memory of converting what Keras 3 exports."""
    for name in EXPORTS if bench.reference is not None else ():
        export = exported(bench, name, "keras")
        runs = converted(bench, export, bench.reference_rounds)
        yield faster(export.title, runs, LEAST_FASTER)
        yield less_memory(export.title, runs)


def less_memory(title: str, runs: dict[str, Runs]) -> Row:
    what = f"{title}, memory beside the reference"
    ours, theirs = runs["ours"].memory, runs["theirs"].memory if "theirs" in runs else None
    if ours is None or theirs is None:
        return Row(what, "not known")
    text = f"{ours / theirs:.3f} of it ({ours / MEGABYTE:.0f} MB and {theirs / MEGABYTE:.0f} MB)"
    return Row(what, text, f"less than {MOST_MEMORY}", ours / theirs < MOST_MEMORY, ratio=ours / theirs)


def checkpoints(bench: Bench) -> Iterator[Row]:
    """SavedModels with large checkpoints: the same memory for all of them."""
    peaks: dict[int, int] = {}
    for factor in CHECKPOINT_SIZES if bench.reference is not None else ():
        bytes_ = round(bench.size * factor)
        peak = checkpoint_peak(bench, bytes_)
        if peak is not None:
            peaks[bytes_] = peak
    if len(peaks) == len(CHECKPOINT_SIZES):
        small, large = min(peaks), max(peaks)
        text = ", ".join(f"{peak / MEGABYTE:.0f} MB for {size(bytes_)}" for bytes_, peak in peaks.items())
        ratio = peaks[large] / peaks[small]
        target = f"at most {MOST_MORE_MEMORY:g} times as much for {size(large)} as for {size(small)}"
        yield Row("memory for a SavedModel", text, target, ratio <= MOST_MORE_MEMORY, ratio=ratio)


def checkpoint_peak(bench: Bench, bytes_: int) -> int | None:
    assert bench.reference is not None
    folder = bench.work / "checkpoint"
    folder.mkdir()
    make = (bench.reference.python, graphs.HERE / "exports.py", "checkpoint", folder, str(bytes_))
    measured(Command(make, folder / "made", QUIET))
    run = measured(bench.ours(folder / "saved", *SAVED_MODEL))
    remove(bench.output)
    shutil.rmtree(folder)
    return run.memory


def architectures(bench: Bench) -> Iterator[Row | Figures]:
    """Nodes, latency and time of conversion of every architecture, and what they come to."""
    found: list[Figures] = []
    with TfjsRunner() as runner:
        for name in ARCHITECTURES if bench.reference is not None else ():
            for library in LIBRARIES:
                export = exported(bench, name, library)
                runs = converted(bench, export, 1, warm_up=0)
                found.append(graphs.figures(runner, export, runs, bench.latency_rounds))
                yield found[-1]
                remove(export.ours)
    if found:
        yield from summary(found)


def summary(found: list[Figures]) -> Iterator[Row]:
    columns = ([*graphs.known(getattr(each, of) for each in found)] for of in ("node_ratio", "latency", "processor"))
    nodes, latency, processor = columns
    on_wasm = sum(each.runs_on == "wasm" for each in found)
    yield Row("graph models that run on wasm", f"{on_wasm} of {len(found)}", "all", on_wasm == len(found))
    theirs = sum(each.they_run_on == "wasm" for each in found)
    yield Row("those of the reference", f"{theirs} of {len(found)}, {len(nodes) - theirs} more on cpu")
    yield from ratios("nodes beside the reference", nodes, MOST_NODES_ON_AVERAGE, MOST_NODES)
    yield from ratios("latency beside the reference", latency, MOST_LATENCY_ON_AVERAGE, MOST_LATENCY, processor)
    yield from conversions([each for each in found if each.their_seconds])


def conversions(found: list[Figures]) -> Iterator[Row]:
    if not found:
        return
    ratio = sum(each.their_seconds or 0 for each in found) / sum(each.seconds for each in found)
    by_processor = graphs.geometric_mean(each.conversion_processor for each in found)
    yield Row(
        "converting all of them, beside the reference",
        f"{ratio:.1f} times faster",
        f"at least {LEAST_FASTER}",
        ratio >= LEAST_FASTER,
        ratio=ratio,
        processor="" if math.isnan(by_processor) else f"{by_processor:.1f}",
    )


def ratios(
    what: str, each: list[float], mean_at_most: float, most: float, processor: Sequence[float] = ()
) -> Iterator[Row]:
    """The mean and the largest, and the same by `processor` time where there is such."""
    for which, of, target in (("geometric mean", graphs.geometric_mean, mean_at_most), ("the most", max, most)):
        if each:
            ratio, beside = of(each), f"{of(processor):.3f}" if processor else ""
            yield Row(f"{what}, {which}", f"{ratio:.3f}", f"at most {target}", ratio <= target, processor=beside)


# ---------------------------------------------------------------------------------- what they share

SAVED_MODEL = ("--input_format=tf_saved_model", "--output_format=tfjs_graph_model")


def exported(bench: Bench, name: str, library: str) -> Export:
    assert bench.reference is not None
    return graphs.exported(bench.cache, bench.reference.python, name, library, QUIET)


def converted(bench: Bench, export: Export, rounds: int, warm_up: int = 1) -> dict[str, Runs]:
    """Both outputs stay beside the export."""
    assert bench.reference is not None
    ours = bench.ours(export.saved, *SAVED_MODEL, output=export.ours)
    argv: tuple[str | Path, ...] = (bench.reference.command, *SAVED_MODEL, export.saved, export.theirs)
    theirs = Command(argv, export.theirs, QUIET)
    return graphs.converted(export, ours, theirs, rounds, warm_up=warm_up, reuse=bench.reuse)


CASES: dict[str, Callable[[Bench], Iterator[Row | Figures]]] = {
    "exports": exports,
    "checkpoints": checkpoints,
    "architectures": architectures,
}
