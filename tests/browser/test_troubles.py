"""What the page says when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.open_page import Tab, tab

pytestmark = pytest.mark.browser


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
