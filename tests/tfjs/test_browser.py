"""A converted model in a real browser: loaded over HTTP, as users do, it predicts what Keras predicts."""

from __future__ import annotations

import runpy
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.verify import Comparison, compare_output
from tensorflowjs.verify.node import find_tfjs
from tests.tfjs.parity import convert_by
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE = '<!doctype html><meta charset="utf-8"><title>Test</title><script src="/tf.min.js"></script>'
PREDICT = """async ({values, shape}) => {
    const model = await tf.loadLayersModel("/model/model.json");
    const output = model.predict(tf.tensor(values, shape));
    return {values: Array.from(await output.data()), shape: output.shape, backend: tf.getBackend()};
}"""


@dataclass
class Site:
    """What is served, and what was asked for."""

    root: Path
    url: str = ""
    requested: list[str] = field(default_factory=list)


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, site: Site) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(site.root))

    def do_GET(self) -> None:
        self.site.requested.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A folder over HTTP with an empty page and TF.js in it."""
    root = tmp_path / "site"
    root.mkdir()
    root.joinpath("index.html").write_text(PAGE, encoding="utf-8")
    root.joinpath("tf.min.js").write_bytes(find_tfjs().tf.with_name("tf.min.js").read_bytes())
    site = Site(root)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, site=site)) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    finder = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "chromium.py"))
    executable = finder["find"]()
    assert executable, finder["ADVICE"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=FLAGS)
        yield browser
        browser.close()


def predict_in_page(chromium: Any, site: Site, values: Any) -> dict[str, Any]:
    page = chromium.new_page()
    try:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(site.url)
        result: dict[str, Any] = page.evaluate(
            PREDICT, {"values": values.ravel().tolist(), "shape": list(values.shape)}
        )
        assert not errors
        return result
    finally:
        page.close()


def compare_in_browser(chromium: Any, site: Site, model: Any) -> Comparison:
    randomise_weights(model)
    (values,) = random_model_inputs(model)
    (expected,) = outputs_of(model, [values])
    convert_by(model, "keras", site.root / "model", weight_shard_size_bytes=1000)
    result = predict_in_page(chromium, site, values)
    return compare_output("y", expected, np.reshape(result["values"], result["shape"]))


@pytest.mark.oracle
def test_model_loaded_over_http_predicts_the_same(chromium: Any, site: Site) -> None:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(6, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    comparison = compare_in_browser(chromium, site, model)
    assert comparison.ok(), f"{comparison}  {comparison.worst()}"
    assert comparison.weak is None
    weight_files = sorted(path.name for path in site.root.joinpath("model").glob("*.bin"))
    assert len(weight_files) > 1
    fetched = sorted(path.removeprefix("/model/") for path in site.requested if path.startswith("/model/"))
    assert fetched == [*weight_files, "model.json"]


def test_a_broken_model_shows_its_error(chromium: Any, site: Site) -> None:
    from playwright.sync_api import Error

    folder = site.root / "model"
    folder.mkdir()
    folder.joinpath("model.json").write_text('{"modelTopology": {"class_name": "Mystery", "config": {}}}')
    with pytest.raises(Error, match="Unknown layer: Mystery"):
        predict_in_page(chromium, site, np.zeros((1, 4), np.float32))
