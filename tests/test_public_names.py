"""What the package exports, under the names of the old one too; and that importing it brings in nothing heavy."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tensorflowjs
from tensorflowjs import errors

SOURCE = Path(tensorflowjs.__file__).parent
# What the reference package has: names that scripts and notebooks out there import.
OLD_NAMES = ["converters", "quantization", "version", "write_weights", "read_weights"]


def test_all_is_there_and_sorted() -> None:
    assert tensorflowjs.__all__ == sorted(tensorflowjs.__all__)
    assert dir(tensorflowjs) == tensorflowjs.__all__
    for name in tensorflowjs.__all__:
        assert getattr(tensorflowjs, name) is not None


def test_all_is_said_to_type_checkers_too() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tensorflowjs")
        for alias in node.names
    }
    assert imported == set(tensorflowjs.__all__)


def test_names_of_the_old_package() -> None:
    assert set(OLD_NAMES) <= set(tensorflowjs.__all__)
    assert tensorflowjs.__version__ == tensorflowjs.version.version
    assert set(tensorflowjs.converters.__all__) >= {"convert", "save_keras_model"}
    for name in tensorflowjs.converters.__all__:
        assert callable(getattr(tensorflowjs.converters, name))


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="'tensorflowjs' has no attribute 'nonsense'"):
        _ = tensorflowjs.nonsense


def test_every_error_is_exported_and_one_tree() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(classes) > 8
    for found in classes:
        assert issubclass(found, errors.ConversionError)
        assert getattr(tensorflowjs.errors, found.__name__) is found
        assert found.exit_code in (1, 2)
        assert found.__name__ in (errors.__doc__ or ""), "the tree is drawn in the docstring"


def test_importing_brings_in_nothing_heavy() -> None:
    """Neither frameworks nor numpy, and none of our own modules that are not asked for."""
    code = "import sys, tensorflowjs; print(' '.join(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "h5py", "rich", "google.protobuf", "keras", "tensorflow", "tf_keras", "jax"} & set(loaded)
    assert [name for name in loaded if name.startswith("tensorflowjs")] == ["tensorflowjs", "tensorflowjs.version"]


def test_converting_a_file_brings_in_no_framework(tmp_path: Path) -> None:
    source = Path(__file__).parent / "fixtures" / "keras" / "keras-3.15.1" / "mlp.keras"
    code = (
        "import sys, tensorflowjs; tensorflowjs.convert(sys.argv[1], sys.argv[2]); print(' '.join(sorted(sys.modules)))"
    )
    arguments = [sys.executable, "-c", code, str(source), str(tmp_path)]
    loaded = set(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split())
    assert "h5py" in loaded
    assert not {"rich", "keras", "tensorflow", "tf_keras", "jax", "torch", "google.protobuf"} & loaded


def test_every_module_can_be_imported_by_itself() -> None:
    names = [module.name for module in pkgutil.walk_packages([str(SOURCE)], "tensorflowjs.")]
    assert len(names) > 60
    for name in names:
        importlib.import_module(name)


def test_what_is_printed_is_ascii() -> None:
    """Terminals on Windows may know no more; only names that users chose may bring in anything else."""
    strange = []
    for path in set(SOURCE.rglob("*.py")) - {SOURCE / "verify" / "random_inputs.py"}:  # its words are data
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                strange += [f"{path.name}:{node.lineno}"] if not node.value.isascii() else []
    assert not strange


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return isinstance(node, kinds) and bool(node.body) and isinstance(node.body[0], ast.Expr)
