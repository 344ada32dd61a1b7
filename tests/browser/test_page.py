"""The page in Chromium: open a model, load it, run it, measure it; and what it says when something is wrong."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.serve.benchmark import benchmark
from tensorflowjs.serve.server import running
from tensorflowjs.verify import TfjsRunner, compare_output
from tests.browser.open_page import Tab, fresh, tab

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(visited: Any, site: str) -> Iterator[Tab]:
    """A tab in a browser that has been here before; what it has done must be no cause for complaint."""
    with tab(visited, site) as opened:
        yield opened
        assert not opened.complaints
        assert {url for url in opened.requested if not url.startswith(("blob:", "data:"))} == {
            url for url in opened.requested if url.startswith(site)
        }


def png(pixels: Any) -> bytes:
    """Bytes of shape (height, width, 3) as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# ------------------------------------------------------------------------------------ what there is


def test_the_list_leads_to_the_models(opened: Tab) -> None:
    page = opened.page
    page.goto(opened.address)
    page.wait_for_selector(".models")
    rows = page.locator(".models li").all_inner_texts()
    assert len(rows) == 10
    assert any("no json" in row and "the file is not JSON" in row for row in rows)
    assert any("graph" in row and "graph model, 16 bytes" in row for row in rows)
    page.get_by_role("link", name="classifier").click()
    page.wait_for_selector("#signature")
    assert page.inner_text("h1") == "classifier"
    assert page.title().startswith("classifier")
    assert page.locator("nav a[aria-current=page]").inner_text() == "classifier"


def test_a_folder_that_is_a_model_is_shown_at_once(visited: Any, models: Path) -> None:
    with running(models / "pictures" / "classifier") as address, tab(visited, address) as opened:
        opened.page.goto(address)
        opened.page.wait_for_selector("#signature")
        assert opened.page.inner_text("h1") == "classifier"
        assert opened.page.title().startswith("classifier")
        assert opened.page.locator("nav").is_hidden()
        assert not opened.complaints


def test_a_folder_without_models_says_what_to_do(visited: Any, tmp_path: Path) -> None:
    with running(tmp_path) as address, tab(visited, address) as opened:
        opened.page.goto(address)
        opened.page.wait_for_selector("main pre")
        assert "There is no model.json" in opened.page.inner_text("main")
        assert "tensorflowjs_converter model.keras web_model" in opened.page.inner_text("main")


def test_a_model_is_shown_before_it_is_loaded(opened: Tab) -> None:
    opened.open("pictures/classifier")
    page = opened.page
    facts = page.locator(".facts").inner_text()
    assert "Layers model" in facts and "837 parameters" in facts and "3.35 kB of weights" in facts
    assert "? × 8 × 8 × 3" in page.inner_text("#signature")
    layers = page.locator("#structure tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in layers] == [
        ["picture", "InputLayer"],
        ["conv", "Conv2D"],
        ["flat", "Flatten"],
        ["classes", "Dense"],
    ]
    assert [row.split("\t")[-1] for row in layers] == ["–", "112", "–", "725"]
    assert page.locator("#weights .strip rect").count() == 4
    assert page.locator("#weights .bar-name").first.inner_text() == "classes/kernel"
    assert f"tf.loadLayersModel('{opened.address}pictures/classifier/model.json')" in page.inner_text("#usage")
    assert not any("/tfjs/" in url for url in opened.requested), "TF.js is not needed yet"


def test_operations_of_a_graph(opened: Tab) -> None:
    opened.open("graph")
    page = opened.page
    assert page.locator(".chips li").all_inner_texts() == ["Placeholder 1", "MatMul 1", "Tanh 1"]
    names = page.locator("#structure td code").all_inner_texts()
    assert names == ["x", "product", "tanh"]


# ------------------------------------------------------------------------------------ the same numbers as in Node


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


# ------------------------------------------------------------------------------------ the benchmark


def test_benchmark_on_three_backends(opened: Tab, tmp_path: Path) -> None:
    opened.open("pictures/classifier")
    opened.load("wasm")
    page = opened.page
    page.get_by_label("Runs").fill("7")
    page.wait_for_selector("#benchmark-start:enabled")
    if page.locator("#benchmark input[value=webgpu]").is_enabled():
        page.get_by_label("webgpu").uncheck()
    page.click("#benchmark-start")
    page.wait_for_selector("#benchmark-save", timeout=60_000)
    with page.expect_download() as download:
        page.click("#benchmark-save")
    download.value.save_as(tmp_path / "saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert list(saved["backends"]) == ["cpu", "wasm", "webgl"]
    assert saved["model"] == "pictures/classifier/model.json"
    assert saved["environment"]["tfjs"] == "4.22.0"
    assert "SwiftShader" in saved["environment"]["renderer"]
    rows = dict(row.split("\t", 1) for row in page.locator("#benchmark-results tbody tr").all_inner_texts())
    for name, figures in saved["backends"].items():
        assert len(figures["warm"]["times"]) == 7
        assert figures["warm"]["median"] == pytest.approx(np.median(figures["warm"]["times"]))
        assert {kernel["name"] for kernel in figures["kernels"]} & {"FusedConv2D", "Conv2D"}
        assert len(re.findall(r"[\d.,]+ ms", rows[name])) == 5
        own = 837 * 4 + 8 * 8 * 3 * 4  # weights and the input, and nothing of the model that was loaded to run
        assert own <= figures["memory"]["bytes"] < own + 200
    assert saved["backends"]["webgl"]["memory"]["gpuBytes"] > 0
    assert page.locator(".distribution .dot").count() == 21
    assert page.locator(".distribution .median").count() == 3
    assert "cpu: median" in (page.locator(".distribution").get_attribute("aria-label") or "")
    assert page.locator(".profile").count() == 3


def test_benchmark_from_the_command_line(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = benchmark(models / "graph", browser=True, backends=["cpu", "wasm", "webgl"], runs=3, batch=4)
    assert list(found["backends"]) == ["cpu", "wasm", "webgl"]
    assert [len(figures["warm"]["times"]) for figures in found["backends"].values()] == [3, 3, 3]
    assert found["inputs"] == [{"name": "x", "dtype": "float32", "shape": [4, 2]}]
    assert (found["model"], found["format"]) == (f"{(models / 'graph').name}/model.json", "graph")
    assert "Chrome" in found["environment"]["runtime"]


def test_a_backend_that_lacks_something_does_not_spoil_the_others(opened: Tab) -> None:
    opened.open("einsum")
    page = opened.page
    page.wait_for_selector("#benchmark-start:enabled")
    for name in ("webgl", "webgpu"):
        if page.get_by_label(name).is_enabled():
            page.get_by_label(name).uncheck()
    page.get_by_label("Runs").fill("2")
    page.click("#benchmark-start")
    page.wait_for_selector("#benchmark-save")
    assert "No figures for wasm" in opened.trouble()
    assert "The wasm backend lacks the operation “Einsum”" in opened.trouble()
    assert page.locator("#benchmark-results tbody tr").count() == 1


def test_a_benchmark_can_be_stopped(opened: Tab) -> None:
    opened.open("graph")
    page = opened.page
    page.wait_for_selector("#benchmark-start:enabled")
    for name in ("wasm", "webgl", "webgpu"):
        if page.get_by_label(name).is_enabled():
            page.get_by_label(name).uncheck()
    page.get_by_label("Runs").fill("1000")
    page.click("#benchmark-start")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#benchmark p:has-text('Stopped.')")
    assert page.get_by_role("button", name="Stop").is_hidden()
    assert page.locator(".distribution .dot").count() < 1000


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


# ------------------------------------------------------------------------------------ what the page says


@pytest.mark.parametrize(
    ("model", "heading", "words"),
    [
        ("unknown layer", "The model could not be loaded", "TF.js has no layer “Mystery”"),
        ("cut off", "The model could not be loaded", "weight files do not hold what model.json says"),
        ("other shape", "The model could not be loaded", "The weights do not fit the layers"),
    ],
    ids=["layer", "weights", "shape"],
)
def test_a_wrong_model_shows_its_error(opened: Tab, model: str, heading: str, words: str) -> None:
    opened.open(model)
    opened.load("cpu")
    assert heading in opened.trouble()
    assert words in opened.trouble()
    assert opened.page.locator(".trouble").get_attribute("role") == "alert"


def test_a_weight_file_that_is_missing_is_named(visited: Any, site: str, models: Path) -> None:
    (missing,) = set(json.loads((models / "torn" / "model.json").read_text())["weightsManifest"][0]["paths"]) - {
        path.name for path in (models / "torn").iterdir()
    }
    with tab(visited, site) as opened:
        opened.open("torn")
        opened.load("cpu")
        assert f"The file {missing} of the model could not be fetched" in opened.trouble()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("no json", "is not JSON"),
        ("nowhere", "There is no /nowhere/model.json in this folder"),
        ("odd manifest", "The weightsManifest of its model.json makes no sense"),
    ],
    ids=["no json", "nowhere", "manifest"],
)
def test_what_is_no_model_shows_its_error(visited: Any, site: str, model: str, words: str) -> None:
    with tab(visited, site) as opened:
        opened.open(model)
        assert words in opened.trouble()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("1, 2", "2 numbers were given, and the input takes 6"), ("1, 2, 3, 4, 5, x", "“x” is not a number")],
    ids=["too few", "no number"],
)
def test_wrong_values_are_said_and_mended(opened: Tab, typed: str, words: str) -> None:
    opened.open("two inputs")
    opened.load("cpu")
    opened.choose("Values")
    opened.page.locator("textarea").fill(typed)
    opened.page.click("#run-button")
    opened.page.wait_for_selector(".trouble")
    assert words in opened.trouble()
    opened.page.locator("textarea").fill("1 2 3 4 5 6")
    assert len(opened.run()) == 2
    assert opened.page.locator(".trouble").count() == 0


# ------------------------------------------------------------------------------------ caches, origins, policy


def test_a_second_visit_is_served_from_the_cache(chromium: Any, site: str) -> None:
    with fresh(chromium) as context, tab(context, site) as opened:
        check_second_visit(opened)
        assert not opened.complaints


def check_second_visit(opened: Tab) -> None:
    page = opened.page
    sizes: Counter[str] = Counter()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    cached: set[str] = set()
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.requestServedFromCache", lambda event: cached.add(urls[event["requestId"]]))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({urls.get(event["requestId"], ""): int(event["encodedDataLength"])}),
    )
    opened.open("pictures/classifier")
    opened.load("wasm")
    first = Counter(sizes)
    sizes.clear()
    opened.open("pictures/classifier")
    opened.load("wasm")
    again = Counter(sizes)
    shards = [url for url in first if url.endswith(".bin")]
    bundles = [url for url in first if "/tfjs/" in url]
    assert len(shards) > 3 and len(bundles) >= 3
    assert all(first[url] > 0 for url in [*shards, *bundles])
    assert not any(again[url] for url in [*shards, *bundles]), "what never changes is not asked for again"
    asked = {url: size for url, size in again.items() if size and not url.endswith("models.json")}
    assert all(size < 1500 for size in asked.values()), f"no more than the head of a 304: {asked}"


def test_a_page_of_another_origin_loads_the_model(visited: Any, site: str, tmp_path: Path) -> None:
    from tensorflowjs.verify.node import find_tfjs

    (tmp_path / "own.html").write_text(
        '<!doctype html><title>Own</title><link rel="icon" href="data:,"><script src="tf.js"></script>'
    )
    (tmp_path / "tf.js").write_bytes(find_tfjs().tf.read_bytes())
    predict = """async (url) => {
        const model = await tf.loadLayersModel(url);
        return [...await model.predict(tf.ones([1, 8, 8, 3])).data()];
    }"""
    with running(tmp_path) as other, tab(visited, other) as opened:
        assert other != site
        opened.page.goto(f"{other}own.html")
        values = opened.page.evaluate(predict, f"{site}pictures/classifier/model.json")
        assert not opened.complaints
    assert sum(values) == pytest.approx(1, abs=1e-5)


def test_the_policy_forbids_to_speak_with_others(visited: Any, site: str, tmp_path: Path) -> None:
    with running(tmp_path) as other, tab(visited, site) as opened:
        opened.page.goto(site)
        opened.page.wait_for_selector(".models")
        said = opened.page.evaluate("url => fetch(url).then(() => 'done', (error) => error.name)", f"{other}x")
        assert said == "TypeError"
        assert any("Content Security Policy" in text for text in opened.complaints)
        assert opened.page.evaluate("crossOriginIsolated")


# ------------------------------------------------------------------------------------ for everybody


def test_keyboard_alone_is_enough(opened: Tab) -> None:
    opened.open("two inputs")
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_role("button", name="Load the model").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#run-button")
    page.get_by_role("radio", name="Random").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="Values").first.is_checked()
    page.locator("#run-button").focus()
    page.keyboard.press("Enter")
    assert set(opened.outputs()) == {"topic", "price"}


CONTRAST = """() => {
    const channel = (byte) => (byte /= 255) <= 0.03928 ? byte / 12.92 : ((byte + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const [r, g, b, alpha = 1] = colour(getComputedStyle(node).backgroundColor);
            if (alpha === 1) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const seen = [...document.querySelectorAll('main *, header *, nav *')].filter((node) =>
        node.checkVisibility() && !node.closest(':disabled, .unseen, svg, option, label:has(:disabled)') &&
        [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
    return seen.map((node) => {
        const [a, b] = [luminance(colour(getComputedStyle(node).color)), luminance(behind(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return [node.tagName + ' ' + node.textContent.trim().slice(0, 30), ratio];
    });
}"""
NAMELESS = """() => [...document.querySelectorAll('input, select, textarea, button, a, svg[role=img], canvas')]
    .filter((node) => node.checkVisibility())
    .filter((node) => !node.labels?.length && !node.getAttribute('aria-label') && !node.textContent.trim())
    .map((node) => node.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_names(chromium: Any, site: str, scheme: str) -> None:
    with fresh(chromium, color_scheme=scheme) as context, tab(context, site) as opened:
        opened.open("two inputs")
        opened.load("cpu")
        opened.choose("Values")
        opened.page.locator("textarea").fill("x")
        opened.page.click("#run-button")
        opened.page.wait_for_selector(".trouble")
        poor = [(text, round(ratio, 2)) for text, ratio in opened.page.evaluate(CONTRAST) if ratio < 4.5]
        assert poor == []
        assert opened.page.evaluate(NAMELESS) == []


def test_a_phone_needs_no_sideways_scrolling(chromium: Any, site: str) -> None:
    viewport = {"width": 360, "height": 740}
    with fresh(chromium, viewport=viewport, has_touch=True) as context, tab(context, site) as opened:
        for model in ("pictures/classifier", "two inputs", "graph"):
            opened.open(model)
            opened.load("cpu")
            opened.run()
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
            small = "all => all.filter(one => one.checkVisibility() && one.offsetHeight < 28).map(one => one.outerHTML)"
            assert opened.page.eval_on_selector_all("button, select, input[type=number]", small) == []
