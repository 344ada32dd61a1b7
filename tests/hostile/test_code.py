"""No code from a model file ever runs, whichever way it is in there."""

from __future__ import annotations

import base64
import codecs
import marshal
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError
from tests.written_models import Json, dense, entry, functional, input_layer, write_h5, write_keras


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


def bytecode(trap: Path) -> str:
    """A function that makes a file when it is called, as Keras stores Lambdas."""
    function = eval(f"lambda x: open({str(trap)!r}, 'w') and x")
    return codecs.encode(marshal.dumps(function.__code__), "base64").decode("ascii")


def in_keras_2(trap: Path) -> Json:
    return entry(
        "Lambda", "trap", ["x"], function=[bytecode(trap), None, None], function_type="lambda", module="builtins",
        output_shape=[bytecode(trap), None, None], output_shape_type="lambda", arguments={},
    )  # fmt: skip


def in_keras_3(trap: Path) -> Json:
    function = {"class_name": "__lambda__", "config": {"code": bytecode(trap), "defaults": None, "closure": None}}
    return entry("Lambda", "trap", ["x"], function=function, output_shape=function, arguments={})


def as_activation(trap: Path) -> Json:
    function = {"class_name": "__lambda__", "config": {"code": bytecode(trap), "defaults": None, "closure": None}}
    return dense("trap", 3, "x", activation=function, kernel_initializer=function)


def as_operator(trap: Path) -> Json:
    return entry("TFOpLambda", "trap", [[["x", 0, 0, {"y": f"open({str(trap)!r}, 'w')"}]]], function=f"open({trap})")


def as_class(trap: Path) -> Json:
    return {**entry("system", "trap", ["x"], command=f"touch {trap}"), "module": "os", "registered_name": "system"}


TRAPS = (in_keras_2, in_keras_3, as_activation, as_operator, as_class)


@pytest.mark.parametrize("layer", TRAPS, ids=lambda layer: layer.__name__)
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_code_in_the_configuration(layer: Callable[[Path], Json], ending: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    topology = functional([input_layer("x", 4), layer(trap)], ["x"], ["trap"])
    arrays = [np.ones((4, 3), "float32"), np.ones(3, "float32")] if layer is as_activation else []
    if ending == "h5":
        named = list(zip(("kernel:0", "bias:0"), arrays, strict=False))
        source = write_h5(tmp_path / "model.h5", topology, {"trap": named})
    else:
        source = write_keras(tmp_path / "model.keras", topology, {"layers/dense": arrays} if arrays else {})
    with pytest.raises(ConversionError, match="trap"):
        tensorflowjs.convert(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_the_trap_itself_works(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    trap = tmp_path / "trap"
    code = marshal.loads(base64.b64decode(bytecode(trap)))
    eval("lambda: 0").__class__(code, {"open": open})(1)
    assert trap.exists()


def test_the_bomb_itself_works(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    pickle.loads(pickle.dumps(Bomb(trap))).close()
    assert trap.exists()


def test_pickles_in_the_archive(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    source = tmp_path / "model.keras"
    topology = functional([input_layer("x", 4), dense("scores", 3, "x")], ["x"], ["scores"])
    write_keras(source, topology, {})
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".h5")}
    with zipfile.ZipFile(source, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("model.weights.npz", pickle.dumps(Bomb(trap)))
    with pytest.raises(ConversionError, match="pickles"):
        tensorflowjs.convert(source, tmp_path / "out")
    assert not trap.exists()


def test_a_pickle_as_the_model(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    (tmp_path / "model.h5").write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(ConversionError, match="Python pickle"):
        tensorflowjs.convert(tmp_path / "model.h5", tmp_path / "out")
    assert not trap.exists()
