"""What all tests share: which of them can run here.

A test that compares with Keras or TensorFlow carries the marker `oracle`. A file that imports one of them at
its top carries it for all its tests. Where they are not installed (there is no TensorFlow for the newest
Pythons) such tests are deselected, and the first lines of the report say so.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ORACLES = ("keras", "tensorflow", "tf_keras")
IMPORTS_AN_ORACLE = re.compile(rf"^(?:import|from) (?:{'|'.join(ORACLES)})\b", re.MULTILINE)


@cache
def missing_oracles() -> tuple[str, ...]:
    return tuple(name for name in ORACLES if find_spec(name) is None)


@cache
def imports_an_oracle(path: Path) -> bool:
    return IMPORTS_AN_ORACLE.search(path.read_text(encoding="utf-8")) is not None


def pytest_report_header() -> str:
    if missing := missing_oracles():
        return f"oracles: not installed: {', '.join(missing)}. ALL TESTS THAT COMPARE WITH THEM ARE DESELECTED."
    return "oracles: Keras and TensorFlow are installed"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Such a file cannot even be imported without them."""
    is_test = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return True if is_test and missing_oracles() and imports_an_oracle(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if imports_an_oracle(item.path):
            item.add_marker("oracle")
    if missing_oracles():
        without = [item for item in items if item.get_closest_marker("oracle")]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in set(without)]
