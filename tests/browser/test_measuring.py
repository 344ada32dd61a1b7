"""The benchmark, on the page and without one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.serve.benchmark import benchmark
from tests.browser.open_page import Tab

pytestmark = pytest.mark.browser


def test_benchmark_on_three_backends(opened: Tab, tmp_path: Path) -> None:
    opened.open("pictures/classifier")
    opened.load("wasm")
    page = opened.page
    page.get_by_label("Runs").fill("7")
    page.wait_for_selector("#benchmark-start:enabled")
    if page.locator("#benchmark input[value=webgpu]").is_enabled():
        page.get_by_label("webgpu").uncheck()
    page.click("#benchmark-start")
    page.wait_for_selector("#benchmark-save")
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


def test_running_goes_on_where_it_was_after_and_during_a_benchmark(opened: Tab) -> None:
    opened.open("graph")
    opened.load("cpu")
    before = opened.run()["y"]
    page = opened.page
    tensors = page.evaluate("tf.memory().numTensors")
    page.wait_for_selector("#benchmark-start:enabled")
    for name in ("cpu", "webgl", "webgpu"):
        if page.get_by_label(name).is_enabled():
            page.get_by_label(name).uncheck()
    page.get_by_label("Runs").fill("300")
    page.click("#benchmark-start")
    during = opened.run()["y"]
    # It had to wait: run in between, it would have taken wasm away from what is measured.
    assert re.search(r"290 of 300|Done", page.inner_text("#benchmark > .hint"))
    assert "on cpu" in page.inner_text(".outputs")
    assert page.evaluate("tf.getBackend()") == "cpu"
    page.wait_for_selector("#benchmark-save")
    assert page.locator(".distribution .dot").count() == 300
    assert page.evaluate("tf.memory().numTensors") == tensors
    after = opened.run()["y"]
    assert (during == before).all() and (after == before).all()


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
