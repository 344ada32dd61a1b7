"""The table of TensorFlow's operations against TensorFlow itself."""

from __future__ import annotations

import json

import pytest

from tensorflowjs.catalog.ops import tensorflow_ops
from tools import tensorflow_ops as tool


@pytest.mark.oracle
def test_every_operation_is_in_the_table_as_tensorflow_defines_it() -> None:
    table = json.loads(tool.TARGET.read_text(encoding="utf-8"))
    registered = tool.definitions()
    assert len(registered) > 1800 and {"BiasAddV1", "ConjugateTranspose", "SegmentSumV2"} <= registered.keys()
    assert [name for name, row in registered.items() if table.get(name) != row] == []


def test_the_table_is_read_line_by_line() -> None:
    rows = json.loads(tool.TARGET.read_text(encoding="utf-8"))
    read = tensorflow_ops()
    assert list(read) == sorted(rows) and len(read) == len(rows)
    for name, row in rows.items():
        assert [argument.name for argument in read[name].outputs] == [argument["name"] for argument in row["outputs"]]
    assert read["LeakyRelu"].defaults["alpha"] == pytest.approx(0.2)
    assert read.get("NoSuchOp") is None and "NoSuchOp" not in read
