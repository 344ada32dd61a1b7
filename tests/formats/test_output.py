"""A folder of output appears whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.errors import OutputError
from tensorflowjs.formats.output import staged


def write(target: Path, files: dict[str, str], stale: tuple[str, ...] = ()) -> None:
    with staged(target) as staging:
        for name, text in files.items():
            path = staging.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        staging.publish(list(files), stale=stale)


def content(folder: Path) -> dict[str, str]:
    """All files below `folder`, hidden ones too; folders as themselves."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else "/" for path in folder.rglob("*")
    }


def test_a_new_folder_and_its_parents_are_made(tmp_path: Path) -> None:
    write(tmp_path / "a/b/model", {"x.bin": "1", "assets/words.txt": "2", "model.json": "3"})
    assert content(tmp_path / "a") == {
        "b": "/",
        "b/model": "/",
        "b/model/x.bin": "1",
        "b/model/assets": "/",
        "b/model/assets/words.txt": "2",
        "b/model/model.json": "3",
    }


def test_it_has_the_permissions_of_any_new_folder(tmp_path: Path) -> None:
    write(tmp_path / "model", {"model.json": "3"})
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_files_of_an_old_folder_are_replaced_and_others_kept(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("x.bin", "y.bin", "model.json", "README", "sub/z.bin"):
        (tmp_path / name).write_text("old")
    write(tmp_path, {"x.bin": "new", "sub/z.bin": "new", "model.json": "new"}, stale=("y.bin", "x.bin", "gone.bin"))
    assert content(tmp_path) == {
        "x.bin": "new",
        "model.json": "new",
        "README": "old",
        "sub": "/",
        "sub/z.bin": "new",
    }


def test_the_folder_itself_stays(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    before = target.stat().st_ino
    write(target, {"model.json": "new"})
    assert target.stat().st_ino == before


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", {"model.json": "new"})
    assert content(tmp_path / "real") == {"model.json": "new"}


def test_a_link_in_the_folder_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("old")
    target = tmp_path / "model"
    target.mkdir()
    for name in ("x.bin", "model.json", "stale.bin"):
        (target / name).symlink_to("../precious")
    write(target, {"x.bin": "new", "model.json": "new"}, stale=("stale.bin",))
    assert content(tmp_path) == {"precious": "old", "model": "/", "model/x.bin": "new", "model/model.json": "new"}


OLD = {"x.bin": "old", "y.bin": "old", "model.json": "old", "README": "old"}
NEW = {"x.bin": "new", "sub/y.bin": "new", "z.bin": "new", "model.json": "new"}


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError("mistake")])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_while_writing_leaves_no_trace(tmp_path: Path, failure: BaseException, exists: bool) -> None:
    target = tmp_path / "a/model"
    if exists:
        target.mkdir(parents=True)
        for name, text in OLD.items():
            (target / name).write_text(text)
    before = content(tmp_path)
    with pytest.raises(OutputError if isinstance(failure, OSError) else type(failure)), staged(target) as staging:
        (staging.folder / "x.bin").write_text("half")
        raise failure
    assert content(tmp_path) == before


@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(1, 20))
def test_a_failure_while_moving_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int, kind: type[BaseException], after: bool
) -> None:
    """Fails at the n-th rename, before or just after it is done. All must be as it was, or all as asked for."""
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    count = 0

    def failing(real: Any) -> Any:
        def run(self: Path, target: Any) -> Any:
            nonlocal count
            count += 1
            if count == call and not after:
                raise kind(errno.EIO, "failed")
            result = real(self, target)
            if count == call:
                raise kind(errno.EIO, "failed")
            return result

        return run

    monkeypatch.setattr(Path, "rename", failing(Path.rename))
    monkeypatch.setattr(Path, "replace", failing(Path.replace))
    failed = None
    try:
        write(tmp_path, NEW, stale=("y.bin",))
    except (OutputError, KeyboardInterrupt) as error:
        failed = error
    monkeypatch.undo()
    assert (failed is not None) == (call <= 5)
    new = {"x.bin": "new", "sub": "/", "sub/y.bin": "new", "z.bin": "new", "model.json": "new", "README": "old"}
    last_was_moved = call == 5 and after
    if failed is None:
        assert content(tmp_path) == new
    elif last_was_moved:
        assert content(tmp_path) == {**new, "y.bin": "old"}
    else:
        assert content(tmp_path) == OLD


def test_old_files_that_cannot_be_put_back_are_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)

    def never(self: Path, target: Any) -> Path:
        raise OSError(errno.EIO, "failed")

    monkeypatch.setattr(Path, "replace", never)
    with pytest.raises(OutputError):
        write(tmp_path, NEW)
    assert "old" in [text for name, text in content(tmp_path).items() if name.endswith("/x.bin")]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(OutputError, match="this is a file"):
        write(tmp_path / "model", {"model.json": "new"})
    with pytest.raises(OutputError, match="part of this path is a file"):
        write(tmp_path / "model/deeper/still", {"model.json": "new"})
    assert content(tmp_path) == {"model": "mine"}


def test_a_dangling_link_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("nowhere")
    with pytest.raises(OutputError):
        write(tmp_path / "model", {"model.json": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("name", ["x.bin", "model.json"])
def test_a_folder_where_a_file_should_be(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").write_text("old")
    with pytest.raises(OutputError):
        write(tmp_path, {"x.bin": "new", "model.json": "new"})
    assert content(tmp_path) == {name: "/", f"{name}/mine": "old"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.ENOSPC, "no space left"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_the_system_says_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def refuse(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match=words):
        write(tmp_path / "model", {"model.json": "new"})
