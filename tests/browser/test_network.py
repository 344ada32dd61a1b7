"""Caches, other origins, and the policy that keeps the page at home."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.serve.server import running
from tests.browser.open_page import Tab, fresh, tab

pytestmark = pytest.mark.browser


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
