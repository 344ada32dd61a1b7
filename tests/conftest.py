"""What all tests share: which of them can run here.

A test that compares with Keras, TensorFlow or JAX carries the marker `oracle`. A file that imports one of them at
its top carries it for all its tests. Where they are not installed (there is no TensorFlow for the newest
Pythons) such tests are deselected, and the first lines of the report say so.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

OF_KERAS = ("keras", "tensorflow", "tf_keras")
ORACLES = (*OF_KERAS, "jax", "flax")
IMPORTS_AN_ORACLE = re.compile(rf"^(?:import|from) ({'|'.join(ORACLES)})\b", re.MULTILINE)


@cache
def missing_oracles() -> tuple[str, ...]:
    return tuple(name for name in ORACLES if find_spec(name) is None)


@cache
def imported_oracles(path: Path) -> frozenset[str]:
    return frozenset(IMPORTS_AN_ORACLE.findall(path.read_text(encoding="utf-8")))


def pytest_report_header() -> str:
    if missing := missing_oracles():
        return f"oracles: not installed: {', '.join(missing)}. ALL TESTS THAT COMPARE WITH THEM ARE DESELECTED."
    return "oracles: Keras, TensorFlow and JAX are installed"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Such a file cannot even be imported without them."""
    is_test = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return True if is_test and imported_oracles(collection_path) & {*missing_oracles()} else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    without = [item for item in items if needed_by(item) & {*missing_oracles()}]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in set(without)]


def needed_by(item: pytest.Item) -> frozenset[str]:
    """The oracles of a test: those its file imports, or all of Keras where it has the marker by itself."""
    imported = imported_oracles(item.path)
    if imported:
        item.add_marker("oracle")
        return imported
    return frozenset(OF_KERAS if item.get_closest_marker("oracle") else ())
