"""Loading and running models on the page gives the numbers that Node gives."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.verify import TfjsRunner, compare_output
from tests.browser.open_page import Tab

pytestmark = pytest.mark.browser


def png(pixels: Any) -> bytes:
    """Bytes of shape (height, width, 3) as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("backend", ["cpu", "wasm", "webgl"])
def test_predicts_what_node_predicts(opened: Tab, tfjs: TfjsRunner, models: Path, backend: str) -> None:
    words, figures = [3, 1, 11, 0, 7, 5], [0.25, -1.5]
    opened.open("two inputs")
    opened.load(backend)
    for at, values in enumerate((words, figures)):
        opened.choose("Values", at)
        opened.page.locator("textarea").nth(at).fill(", ".join(map(str, values)))
    actual = opened.run()
    assert f"on {backend}" in opened.page.inner_text(".outputs")
    model = tfjs.load(models / "two inputs", backend="cpu")
    given = {"words": np.array([words], np.int32), "figures": np.array([figures], np.float32)}
    expected = dict(zip(model.output_names, model.predict(given), strict=True))
    assert set(actual) == set(expected) == {"topic", "price"}
    for name, values in expected.items():
        comparison = compare_output(name, values.ravel(), actual[name])
        assert comparison.ok(), comparison
    shown = opened.page.locator("[data-output=price] .single").inner_text()
    assert float(shown) == pytest.approx(float(expected["price"][0, 0]), abs=1e-4)


def test_a_graph_predicts_what_node_predicts(opened: Tab, tfjs: TfjsRunner, models: Path) -> None:
    opened.open("graph")
    opened.load("wasm")
    opened.choose("Values")
    opened.page.locator("textarea").fill("[[0.5, -0.75]]")
    (actual,) = opened.run().values()
    (expected,) = tfjs.load(models / "graph", "graph").predict([np.array([[0.5, -0.75]], np.float32)])
    np.testing.assert_allclose(actual, expected.ravel(), rtol=1e-5)


def test_random_inputs_are_the_same_for_the_same_seed(opened: Tab) -> None:
    opened.open("pictures/classifier")
    opened.load("cpu")
    first, again = opened.run()["classes"], opened.run()["classes"]
    opened.page.get_by_label("Seed").fill("2")
    other = opened.run()["classes"]
    assert (first == again).all()
    assert (first != other).any()
    assert first.sum() == pytest.approx(1, abs=1e-5)


def test_a_picture_file_goes_in_pixel_by_pixel(opened: Tab, tfjs: TfjsRunner, models: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(6).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    (tmp_path / "picture.png").write_bytes(png(pixels))
    opened.open("pictures/classifier")
    opened.load("cpu")
    opened.choose("Image file")
    opened.page.get_by_label("Picture", exact=True).set_input_files(tmp_path / "picture.png")
    model = tfjs.load(models / "pictures" / "classifier", backend="cpu")
    for choice, scaled in (
        ("unit", pixels / 255.0),
        ("signed", pixels / 127.5 - 1),
        ("byte", pixels.astype(np.float64)),
    ):
        opened.page.get_by_label("Pixel values").select_option(choice)
        (expected,) = model.predict([scaled[None].astype(np.float32)])
        np.testing.assert_allclose(opened.run()["classes"], expected.ravel(), rtol=1e-4, atol=1e-6)
    labels = opened.page.locator(".output .bar-name").all_inner_texts()
    order = np.argsort(-expected.ravel())
    assert labels == [["ant", "bee", "cat", "dog", "eel"][at] for at in order]


def test_camera_and_drawing(opened: Tab) -> None:
    opened.open("pictures/classifier")
    opened.load("cpu")
    opened.choose("Camera")
    opened.page.get_by_role("button", name="Start the camera").click()
    filmed = opened.outputs()["classes"]
    opened.choose("Drawing")
    empty = opened.run()["classes"]
    box = opened.page.locator(".drawable").bounding_box()
    opened.page.mouse.move(box["x"] + 20, box["y"] + 20)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 90, box["y"] + 120)
    opened.page.mouse.up()
    drawn = opened.run()["classes"]
    assert (filmed != empty).any()
    assert (drawn != empty).any()


def test_a_backend_chosen_while_another_one_gets_the_model(opened: Tab) -> None:
    opened.open("two inputs")
    opened.load("cpu")
    opened.page.evaluate("""async () => {
        const chosen = document.querySelector("#run select");
        for (const name of ["wasm", "cpu", "wasm", "cpu"]) {
            chosen.value = name;
            chosen.dispatchEvent(new Event("change"));
            await new Promise(resolve => setTimeout(resolve));  // by when loading has begun
        }
    }""")
    opened.run()
    assert "on cpu" in opened.page.inner_text(".outputs")


def test_the_last_backend_that_was_chosen_counts(opened: Tab) -> None:
    opened.open("two inputs")
    opened.load("cpu")
    for name in ("wasm", "webgl", "cpu", "wasm"):
        opened.page.locator("#run select").first.select_option(name)
    opened.run()
    assert "on wasm" in opened.page.inner_text(".outputs")
    assert opened.page.evaluate("tf.getBackend()") == "wasm"
    assert opened.page.evaluate("tf.memory().numTensors") == 5


def test_running_again_and_again_leaves_nothing_behind(opened: Tab) -> None:
    opened.open("two inputs")
    opened.load("cpu")
    opened.run()
    tensors = opened.page.evaluate("tf.memory().numTensors")
    for _ in range(5):
        opened.run()
    assert opened.page.evaluate("tf.memory().numTensors") == tensors == 5  # its weights
    opened.page.locator("#run select").first.select_option("wasm")
    opened.page.wait_for_selector("#run p:has-text('Loaded into wasm')")
    assert opened.page.evaluate("tf.memory().numTensors") == 5
