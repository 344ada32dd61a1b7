"""Chromium with software graphics, and a folder of models that a page of it can open."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.serve.server import running
from tensorflowjs.verify import TfjsRunner
from tests.browser.models import write_models
from tests.browser.open_page import Tab, fresh, tab

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    finder = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "chromium.py"))
    executable = finder["find"]()
    assert executable, finder["ADVICE"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visited(chromium: Any) -> Iterator[Any]:
    """A browser that keeps what it has fetched for the next test."""
    with fresh(chromium) as context:
        yield context


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return folder


@pytest.fixture(scope="session")
def site(models: Path) -> Iterator[str]:
    with running(models) as address:
        yield address


@pytest.fixture(scope="session")
def tfjs() -> Iterator[TfjsRunner]:
    with TfjsRunner(timeout=60) as runner:
        yield runner


@pytest.fixture
def opened(visited: Any, site: str) -> Iterator[Tab]:
    """A tab in a browser that has been here before; what it has done must be no cause for complaint."""
    with tab(visited, site) as opened:
        yield opened
        assert not opened.complaints
        assert {url for url in opened.requested if not url.startswith(("blob:", "data:"))} == {
            url for url in opened.requested if url.startswith(site)
        }
