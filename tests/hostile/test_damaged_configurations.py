"""Sound models with things in their configuration replaced at random: an error, or a model, never a crash."""

from __future__ import annotations

import copy
import json
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError
from tests.fixtures_keras import Fixture, fixtures

ROUNDS, IN_EACH = 12, 20
FIXTURES = [fixture for fixture in fixtures("h5", "keras") if fixture.path.stat().st_size < 60_000]
STRANGE: list[Any] = [
    None, True, 0, -1, 1, 2, 10**12, 1.5, 1e308, 10**400, "", "abc", "same", "x" * 10_000, [], [[]], [None], [1, 2],
    [1, 2, 3], ["a", 0, 0], [["a", 0, 0]], {}, {"a": 1}, {"class_name": "X"}, {"class_name": "__tuple__"},
    {"class_name": "__keras_tensor__", "config": {}}, {"class_name": "Dense", "config": {"units": 3}},
]  # fmt: skip


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_damage_is_survived(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    ended: list[str] = []
    for _ in range(IN_EACH):
        fixture = chance.choice(FIXTURES)
        source = tmp_path / fixture.path.name
        document = write_damaged(fixture, source, chance)
        start = time.monotonic()
        try:
            tensorflowjs.convert(source, tmp_path / "out")
            ended.append("model")
        except ConversionError as error:
            ended.append(type(error).__name__)
        except Exception as error:
            raise AssertionError(f"{fixture.id}: {json.dumps(document)[:5000]}") from error
        assert time.monotonic() - start < 10, f"{fixture.id}: {json.dumps(document)[:5000]}"
    assert "model" in ended and "CorruptInputError" in ended


def write_damaged(fixture: Fixture, path: Path, chance: random.Random) -> Any:
    if fixture.format == "h5":
        path.write_bytes(fixture.path.read_bytes())
        with h5py.File(path, "r+") as file:
            document = damaged(json.loads(file.attrs["model_config"]), chance)
            file.attrs["model_config"] = json.dumps(document)
        return document
    with zipfile.ZipFile(fixture.path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = damaged(json.loads(members["config.json"]), chance)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, "config.json": json.dumps(document)}.items():
            archive.writestr(name, data)
    return document


def damaged(document: Any, chance: random.Random) -> Any:
    document = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        *before, last = chance.choice([place for place in places(document) if place])
        holder = document
        for step in before:
            holder = holder[step]
        how = chance.random()
        if how < 0.7:
            holder[last] = copy.deepcopy(chance.choice(STRANGE))
        elif how < 0.9:
            del holder[last]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
    return document


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))
