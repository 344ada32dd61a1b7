"""What the page shows of a folder and of a model before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.serve.server import running
from tests.browser.open_page import Tab, tab

pytestmark = pytest.mark.browser


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
    ends = page.locator("#signature tbody tr").all_inner_texts()
    assert ends == ["x\tfloat32\t? × 2", "y\tfloat32\t? × 2"]
    opened.load("cpu")
    page.wait_for_selector("#signature:not(:has(.hint))")
    assert page.locator("#signature tbody tr").all_inner_texts() == ends
