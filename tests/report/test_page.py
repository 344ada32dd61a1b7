"""The page about a conversion."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tensorflowjs.errors import OutputError
from tensorflowjs.events import Note
from tensorflowjs.formats.precision import Precision
from tensorflowjs.pipeline.plan import Plan, PlannedWeight
from tensorflowjs.pipeline.result import Conversion
from tensorflowjs.pipeline.run import convert
from tensorflowjs.report.page import page, write_report
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
ODD = "<script>alert('x')</script>&"


class Reader(HTMLParser):
    """The text of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def example(folder: Path) -> tuple[Conversion, Plan]:
    convert(KERAS, folder)
    weights = (PlannedWeight(ODD, "float32", (3, 4), 48, Precision("uint8", 12, 0.25, 31.0)),)
    result = Conversion(
        f"models/{ODD}.keras", folder, "keras_keras", "tfjs_graph_model", 1, 12, 48, 12, 1, (Note(ODD),), nodes=7,
        passes={"identities": 3, "idle": 0}, missed={("padding", ODD): "its sizes are not known"},
    )  # fmt: skip
    return result, Plan(str(KERAS), "keras_keras", "tfjs_graph_model", weights)


def test_everything_is_on_it_and_nothing_is_fetched(tmp_path: Path) -> None:
    text = page(*example(tmp_path), None)
    read = Reader(text)
    assert read.open == [] and read.fetched == [] and "script" not in read.tags
    for part in ("uint8", "0.25", "31 dB", "4.0 times smaller", "identities", "its sizes are not known", "3&times;4"):
        assert part in text
    assert "idle" not in text


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", *example(tmp_path / "web"), None)
