"""A tab of the page that notes whatever goes wrong in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np

HARMLESS = ("No available adapters", "GPU stall due to ReadPixels")  # what Chromium says of software graphics


@dataclass
class Tab:
    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def open(self, model: str) -> None:
        self.page.goto(f"{self.address}?model={quote(model)}/model.json")
        self.page.wait_for_selector("main h1, .trouble")

    def load(self, backend: str) -> None:
        """Load the model into a backend and wait until it is there."""
        self.page.locator("#run select").first.select_option(backend)
        self.page.get_by_role("button", name="Load the model").click()
        self.page.wait_for_selector("#run-button, #run .trouble")

    def choose(self, mode: str, at: int = 0) -> None:
        self.page.get_by_role("radio", name=mode).nth(at).check()

    def run(self) -> dict[str, Any]:
        """Run the model; the values of its outputs by name."""
        self.page.evaluate("document.querySelector('.outputs').replaceChildren()")
        self.page.click("#run-button")
        return self.outputs()

    def outputs(self) -> dict[str, Any]:
        self.page.wait_for_selector(".output")
        read = "all => all.map(one => [one.dataset.output, one.querySelector('.values').textContent])"
        return {name: np.array(json.loads(text)) for name, text in self.page.eval_on_selector_all(".output", read)}

    def trouble(self) -> str:
        return str(self.page.locator(".trouble").first.inner_text())


@contextmanager
def fresh(chromium: Any, **options: Any) -> Iterator[Any]:
    """A browser that has never been anywhere."""
    context = chromium.new_context(**options)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def tab(context: Any, address: str) -> Iterator[Tab]:
    opened = Tab(context.new_page(), address)
    page = opened.page
    page.set_default_timeout(90_000)
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on("console", lambda message: _note(opened, message))
    page.on("request", lambda request: opened.requested.append(request.url))
    page.on("response", lambda response: opened.statuses.update({response.url: response.status}))
    try:
        yield opened
    finally:
        page.close()


def _note(opened: Tab, message: Any) -> None:
    if message.type in ("error", "warning") and not any(text in message.text for text in HARMLESS):
        opened.complaints.append(message.text)
