"""Rules of the house that import-linter cannot express (the floors are in pyproject.toml)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tensorflowjs"
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = {"jax", "keras", "tensorflow", "tf_keras", "torch"}


def name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imports(tree: ast.AST, only_at_import_time: bool) -> Iterator[tuple[int, str]]:
    """Line and dotted name of what is imported; `from a import b` gives `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif not (only_at_import_time and runs_later(node)):
            yield from imports(node, only_at_import_time)


def runs_later(node: ast.AST) -> bool:
    is_type_checking = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_type_checking or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def violations(source: str) -> list[str]:
    tree = ast.parse(source)
    at_import_time = imports(tree, only_at_import_time=True)
    heavy = [f"line {line}: {what}" for line, what in at_import_time if what.split(".")[0] in HEAVY]
    return heavy + [f"line {line}: {what}" for line, what in imports(tree, False) if is_of_the_root_package(what)]


def is_of_the_root_package(what: str) -> bool:
    """`import tensorflowjs` or `from tensorflowjs import convert`, rather than one of its modules."""
    package, _, module = what.partition(".")
    if package != "tensorflowjs" or "." in module:
        return False
    return module == "" or not ((SOURCE / module).is_dir() or (SOURCE / f"{module}.py").is_file())


@pytest.mark.parametrize("path", [path for path in FILES if path != SOURCE / "__init__.py"], ids=name)
def test_heavy_packages_only_inside_functions_and_the_root_package_nowhere(path: Path) -> None:
    assert violations(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("import keras", False),
        ("try:\n    from tensorflow.python import x\nexcept ImportError: pass", False),
        ("class A:\n    import jax.numpy", False),
        ("def f():\n    import keras", True),
        ("if TYPE_CHECKING:\n    import keras", True),
        ("import keras_hub_of_somebody", True),
        ("import tensorflowjs", False),
        ("def f():\n    from tensorflowjs import convert", False),
        ("from tensorflowjs import errors", True),
        ("from tensorflowjs.errors import ConversionError", True),
    ],
)
def test_the_rule_itself(source: str, allowed: bool) -> None:
    assert (violations(source) == []) is allowed


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 20
