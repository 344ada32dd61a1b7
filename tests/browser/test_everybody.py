"""The page with a keyboard, in light and dark, on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.open_page import Tab, fresh, tab

pytestmark = pytest.mark.browser


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
