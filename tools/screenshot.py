"""Makes docs/images/page.png, the picture of the page in the README, with the example model.

python tools/screenshot.py [FILE]     (after `make test`, which installs what this needs)
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import chromium
from playwright.sync_api import sync_playwright

import tensorflowjs
from tensorflowjs.serve.server import running

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "shapes"
PICTURE = ROOT / "docs" / "images" / "page.png"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZE = {"width": 1180, "height": 900}
MARGIN = 30
LARGEST = 150_000  # bytes
CROSS = [((0.2, 0.2), (0.8, 0.8)), ((0.8, 0.2), (0.2, 0.8))]  # strokes, as shares of the canvas


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    with tempfile.TemporaryDirectory() as folder, running(convert(Path(folder, "models"))) as address:
        take(address, target)
    size = target.stat().st_size
    print(f"{target}: {size:,} bytes")
    if size > LARGEST:
        sys.exit(f"That is too much for a README; {LARGEST:,} is the limit.")


def convert(folder: Path) -> Path:
    """The example as it is, and once smaller."""
    labels = {"labels": json.loads((EXAMPLE / "samples.json").read_text())["classes"]}
    for name, types in (
        ("shapes", {}),
        ("shapes in 16 bits", {"float16": True}),
        ("shapes in 8 bits", {"uint8": True}),
    ):
        tensorflowjs.convert(EXAMPLE / "shapes.keras", folder / name, metadata=labels, quantization_dtype_map=types)
    return folder


def take(address: str, target: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium.find()), args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{address}?model=shapes/model.json")
        page.wait_for_selector("#benchmark-start:enabled")
        recognise(page)
        measure(page)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        target.parent.mkdir(parents=True, exist_ok=True)
        bottom = page.locator("#benchmark figure").bounding_box()
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": bottom["y"] + bottom["height"] + MARGIN}
        page.screenshot(path=str(target), full_page=True, clip=clip)
        browser.close()


def recognise(page: Any) -> None:
    """Draw a cross and let the model say what it is."""
    page.get_by_role("button", name="Load the model").click()
    page.get_by_role("radio", name="Drawing").check()
    box = page.locator(".drawable").bounding_box()
    for (x, y), (to_x, to_y) in CROSS:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + to_x * box["width"], box["y"] + to_y * box["height"], steps=8)
        page.mouse.up()
    page.click("#run-button")
    page.wait_for_selector(".output")


def measure(page: Any) -> None:
    if page.get_by_label("webgpu").is_enabled():
        page.get_by_label("webgpu").uncheck()
    page.click("#benchmark-start")
    page.wait_for_selector("#benchmark-save", timeout=120_000)


if __name__ == "__main__":
    main()
