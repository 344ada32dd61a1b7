"""What Keras or TensorFlow itself answers, in a process of its own: `python -m tensorflowjs.verify.oracle`.

    oracle.ask(Path("model.keras"), "keras_keras", arrays)  ->  Answer(outputs, "keras 3.15.1")

Keras is asked to load without running any code that the file brings along; TensorFlow runs the graph of a SavedModel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Outputs = Sequence[Array] | Mapping[str, Array]
TIMEOUT = 600.0


@dataclass(frozen=True)
class Answer:
    outputs: list[Array]
    keys: list[str] | None  # of the outputs, where they have names
    who: str


def ask(source: Path, source_format: str, inputs: Mapping[str, Array], signature: str | None = None) -> Answer | str:
    """The outputs of the source model, or why there are none."""
    packages = PACKAGES.get(source_format, ())
    there = [name for name in packages if find_spec(name) is not None]
    if not there:
        return f"{' or '.join(packages)} is not installed" if packages else "no other program runs such a model"
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "inputs.npz"), Path(folder, "outputs.npz")
        np.savez(given, **{f"{at}|{name}": value for at, (name, value) in enumerate(inputs.items())})
        words = [sys.executable, "-m", __spec__.name, str(source.resolve()), source_format, str(given), str(taken)]
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "TF_USE_LEGACY_KERAS": ""}
        try:
            done = subprocess.run(
                [*words, json.dumps({"signature": signature, "packages": there})],
                env={**os.environ, **quiet},
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not answer within {TIMEOUT:.0f} seconds"
        if done.returncode:
            return _last_line(done.stderr) or f"it ended with exit code {done.returncode}"
        with np.load(taken, allow_pickle=True) as found:  # written by ourselves a moment ago
            names = json.loads(str(found["names"]))
            return Answer([found[f"output{at}"] for at in range(len(names["keys"]))], names["keys"], names["who"])


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


# ---------------------------------------------------------------------------- in the other process


def _with_keras(source: Path, inputs: dict[str, Array], wish: dict[str, Any]) -> tuple[Outputs, str]:
    from importlib import import_module

    errors = []
    for name in wish["packages"]:
        keras = import_module(name)
        try:
            model = keras.models.load_model(
                str(source), compile=False, **({"safe_mode": True} if name == "keras" else {})
            )
        except Exception as error:  # noqa: BLE001  whatever Keras makes of a file that it does not understand
            errors.append(f"{name} cannot load it: {_last_line(str(error)) or type(error).__name__}")
            continue
        values = list(inputs.values())
        outputs = model(values if len(values) > 1 else values[0], training=False)
        return [_as_array(value) for value in _flat(outputs)], f"{name} {keras.__version__}"
    raise SystemExit("; ".join(errors))


def _with_tensorflow(source: Path, inputs: dict[str, Array], wish: dict[str, Any]) -> tuple[Outputs, str]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(source))
    signatures = loaded.signatures
    name = wish["signature"] or ("serving_default" if "serving_default" in signatures else next(iter(signatures), None))
    if name not in signatures:
        raise SystemExit("the model has no signature to call")
    function = signatures[name]
    specs = function.structured_input_signature[1]
    outputs = function(**{key: tf.constant(value, specs[key].dtype) for key, value in inputs.items()})
    return {key: _as_array(value) for key, value in outputs.items()}, f"TensorFlow {tf.__version__}"


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for key in sorted(value) for inner in _flat(value[key])]
    return [inner for each in value for inner in _flat(each)] if isinstance(value, (list, tuple)) else [value]


def _as_array(value: Any) -> Array:
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)


_KERAS = ("keras", "tf_keras")
_Runner = Callable[[Path, "dict[str, Array]", "dict[str, Any]"], "tuple[Outputs, str]"]
PACKAGES: dict[str, tuple[str, ...]] = {
    "keras": _KERAS,
    "keras_keras": _KERAS,
    "tf_saved_model": ("tensorflow",),
    "keras_saved_model": ("tensorflow",),
}
_RUNNERS: dict[str, _Runner] = {
    **dict.fromkeys(("keras", "keras_keras"), _with_keras),
    **dict.fromkeys(("tf_saved_model", "keras_saved_model"), _with_tensorflow),
}


def main(source: str, source_format: str, given: str, taken: str, wish: str) -> None:
    with np.load(given, allow_pickle=True) as found:  # written by `ask`
        inputs = {name.partition("|")[2]: found[name] for name in found.files}
    outputs, who = _RUNNERS[source_format](Path(source), inputs, json.loads(wish))
    keys = list(outputs) if isinstance(outputs, Mapping) else [""] * len(outputs)
    values = list(outputs.values()) if isinstance(outputs, Mapping) else list(outputs)
    arrays = {f"output{at}": value for at, value in enumerate(values)}
    np.savez(taken, names=np.array(json.dumps({"keys": keys, "who": who})), **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
