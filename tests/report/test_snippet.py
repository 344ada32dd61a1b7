"""The JavaScript that is shown loads the model and runs it, in Node as in a page."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorflowjs.pipeline.run import convert
from tensorflowjs.report.snippet import snippet
from tensorflowjs.verify.node import find_node, find_tfjs
from tests.fixtures_keras import FOLDER

TENSORFLOW = FOLDER.parent / "tensorflow" / "tf-2.19"
SHAPES = FOLDER.parent.parent.parent / "examples" / "shapes" / "shapes.keras"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a web server has the test's folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def shapes_of_output(code: str, address: str, folder: Path) -> str:
    script = folder / "run.cjs"
    code = code.replace("Model('", f"Model('{address}")
    script.write_text(
        f"const tf = require({str(find_tfjs().tf)!r});\n(async () => {{ await tf.setBackend('cpu');\n{code}\n"
        "console.log(JSON.stringify([output].flat().map((each) => each.shape))); })();\n"
    )
    done = subprocess.run([str(find_node()), str(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("source", "target", "shapes"),
    [
        (SHAPES, "tfjs_layers_model", "[[1,4]]"),
        (SHAPES, "tfjs_graph_model", "[[1,4]]"),
        (FOLDER / "keras-3.15.1" / "multi.keras", "tfjs_layers_model", "[[1,4],[1,2],[1,3]]"),
        (TENSORFLOW / "tables", "tfjs_graph_model", "[[1]]"),
        (TENSORFLOW / "variables", "tfjs_graph_model", "[[1,2],[1,2],[1,3],[1,2]]"),
    ],
    ids=["layers", "graph", "two-inputs", "strings", "outputs"],
)
def test_it_runs(source: Path, target: str, shapes: str, address: str, tmp_path: Path) -> None:
    result = convert(source, tmp_path / "web", output_format=target)
    assert shapes_of_output(snippet(result.model_json), address, tmp_path) == shapes


def test_weights_alone_have_none(tmp_path: Path) -> None:
    assert snippet(convert(FOLDER / "tf-2.15" / "mlp-weights.h5", tmp_path / "web").model_json) == ""
