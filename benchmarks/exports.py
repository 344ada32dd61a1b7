"""Makes SavedModels with random weights, in the environment of the reference converter, which has TensorFlow.

python exports.py architecture FOLDER NAME LIBRARY    FOLDER/saved, and FOLDER/sample.npz: inputs and outputs
python exports.py checkpoint FOLDER BYTES             FOLDER/saved with about BYTES of weights
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WIDTH = 4096


def architecture(folder: Path, name: str, library: str) -> None:
    """One of those in tests/tfjs/architectures.py, in the size in which it is used."""
    from tests.tfjs import architectures

    sample = architectures.save(name, library, folder / "saved", full=True, batch=1)
    arrays = {f"in:{key}": plain(array) for key, array in sample.inputs.items()}
    np.savez(folder / "sample.npz", **arrays, **{f"out:{at}": array for at, array in enumerate(sample.outputs)})


def plain(array: Any) -> Any:
    return np.array(array.tolist(), "S") if array.dtype == object else array


def checkpoint(folder: Path, size: str) -> None:
    """A stack of matrices, made one by one."""
    random = np.random.default_rng(1)
    module = tf.Module()
    module.kernels = [
        tf.Variable(random.standard_normal((WIDTH, WIDTH), np.float32) / np.float32(np.sqrt(WIDTH)))
        for _ in range(max(1, round(int(size) / (4 * WIDTH * WIDTH))))
    ]

    @tf.function(input_signature=[tf.TensorSpec((None, WIDTH), tf.float32, name="x")])
    def call(x: Any) -> Any:
        for kernel in module.kernels:
            x = tf.nn.relu(x @ kernel)
        return x

    tf.saved_model.save(module, str(folder / "saved"), signatures=call)


MAKERS: dict[str, Callable[..., None]] = {"architecture": architecture, "checkpoint": checkpoint}

if __name__ == "__main__":
    kind, target, *arguments = sys.argv[1:]
    MAKERS[kind](Path(target), *arguments)
