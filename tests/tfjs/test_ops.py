"""Every op that TF.js runs, with every attribute that changes numbers, computes in it what it does in TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs import convert
from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.errors import RuntimeFailure, UnsupportedError
from tensorflowjs.events import Event, listening
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.passes.reach import graphs
from tensorflowjs.pipeline.graphs import write
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.tensorflow_oracle import narrow, traced
from tests.passes.traced_case import Case
from tests.tfjs.op_cases import GROUPS
from tests.tfjs.op_cases.refused import REFUSED
from tests.tfjs.op_exceptions import ELSEWHERE, FIXED_ATTRIBUTES, GARBAGE_ON_WASM, NOT_ON_WASM


@dataclass(frozen=True)
class Group:
    """Cases as one function, and what it is converted to."""

    cases: Sequence[Case]
    lengths: Sequence[int]
    function: Any
    model: GraphModel

    def values(self) -> list[Any]:
        return [value for case in self.cases for value in case.values(seed=1)]


@cache
def group(name: str, backend: Backend) -> Group:
    left = NOT_ON_WASM | GARBAGE_ON_WASM if backend == "wasm" else frozenset()
    return traced_together([case for case in GROUPS[name] if not (case.name in left or name in left)])


def traced_together(cases: Sequence[Case]) -> Group:
    def together(*values: Any) -> list[Any]:
        waiting = iter(values)
        results = [tf.nest.flatten(case.function(*(next(waiting) for _ in case.inputs))) for case in cases]
        lengths[:] = map(len, results)
        return results

    lengths: list[int] = []
    return Group(cases, lengths, *traced(together, [spec for case in cases for spec in case.specs()]))


RUNS = [
    (name, backend) for name in GROUPS for backend in ("cpu", "wasm") if backend == "cpu" or name not in NOT_ON_WASM
]


@pytest.mark.parametrize(("name", "backend"), RUNS, ids=lambda part: part.replace(" ", "-"))
def test_same_results(name: str, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    wrong = wrong_results(group(name, backend), backend, Options(), tfjs, tmp_path)
    assert not wrong, "\n".join(wrong)


def wrong_results(found: Group, backend: Backend, options: Options, tfjs: TfjsRunner, folder: Path) -> list[str]:
    write(found.model, folder / "model", options)
    values = found.values()
    with closing(tfjs.load(folder / "model", kind="graph", backend=backend)) as loaded:
        results = iter(loaded.predict([narrow(value) for value in values]))
    wanted = iter(tf.nest.flatten(found.function(*map(tf.constant, values))))
    return [
        said
        for case, length in zip(found.cases, found.lengths, strict=True)
        for said in differences(case, length, wanted, results)
    ]


def differences(case: Case, length: int, wanted: Iterator[Any], found: Iterator[Any]) -> Iterator[str]:
    """What is wrong with the results of one case, which are the next of all."""
    for index in range(length):
        one, other = narrow(next(wanted)), next(found)
        where = f"{case.name}, result {index}"
        if one.dtype != other.dtype or one.shape != other.shape:
            yield f"{where}: {other.dtype}{other.shape} for {one.dtype}{one.shape}"
        elif one.dtype.kind == "O":
            if one.tolist() != other.tolist():
                yield f"{where}: {other.tolist()} for {one.tolist()}"
        elif not np.allclose(other, one, rtol=case.tolerance, atol=case.tolerance, equal_nan=True):
            far = ~np.isclose(other, one, rtol=case.tolerance, atol=case.tolerance, equal_nan=True)
            yield f"{where}: {other[far][:4]} for {one[far][:4]}"


@pytest.mark.parametrize("name", ["loops", "lists", "arrays"])
def test_same_results_of_functions(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """Loops and branches as functions, as --control_flow_v2 leaves them."""
    found = traced_together(GROUPS[name])
    assert not wrong_results(found, "wasm", Options(graph=GraphOptions(control_flow_v2=True)), tfjs, tmp_path)


# ---------------------------------------------------------------------------- nothing is left out


_WITH_CONTROL_FLOW = ("loops", "lists", "random numbers")


@cache
def nodes_written(folder: Path) -> list[Node]:
    """The nodes of all groups as they are written; of those with control flow, in both its forms."""
    found = []
    for name in GROUPS:
        for version_2 in (False, True) if name in _WITH_CONTROL_FLOW else (False,):
            model = traced_together(GROUPS[name]).model
            write(model, folder / f"{name} {version_2}", Options(graph=GraphOptions(control_flow_v2=version_2)))
            found += [node for graph in graphs(model) for node in graph.nodes.values()]
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Node]:
    return nodes_written(tmp_path_factory.mktemp("groups"))


def test_every_op_of_tfjs_is_there(written: list[Node]) -> None:
    """All but those that are tested elsewhere or cannot be in a model; and of these, none is there."""
    found = {node.op for node in written}
    assert {name for name, row in tfjs_ops().items() if row.runs} - found == set(ELSEWHERE)


def test_every_attribute_of_an_op_has_several_values(written: list[Node]) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for node in written:
        for key, value in node.attrs.items():
            found.setdefault((node.op, key), set()).add(repr(value))
    present = {node.op for node in written}
    read = {(name, key) for name, row in tfjs_ops().items() if name in present for key in row.attrs}
    assert {each for each in read if len(found.get(each, ())) < 2} == set(FIXED_ATTRIBUTES)


# ---------------------------------------------------------------------------- what does not come out right


@pytest.mark.parametrize(("op", "says", "case"), REFUSED, ids=[f"{op}-{at}" for at, (op, _, _) in enumerate(REFUSED)])
def test_what_tfjs_would_compute_otherwise_is_refused(op: str, says: str, case: Case, tmp_path: Path) -> None:
    _, model = traced(case.function, case.specs())
    with pytest.raises(UnsupportedError) as caught:
        write(model, tmp_path / "model", Options())
    assert [f"{op} in" in problem.where and says in problem.what for problem in caught.value.problems] == [True]


CASES_NOT_ON_WASM = [case for cases in GROUPS.values() for case in cases if case.name in NOT_ON_WASM]


@pytest.mark.parametrize("case", CASES_NOT_ON_WASM, ids=lambda case: case.name)
def test_cases_that_wasm_fails_are_noted(case: Case, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """And still fail: else they have no place in the list."""
    notes: list[Event] = []
    _, model = traced(case.function, case.specs())
    with listening(notes.append):
        write(model, tmp_path / "model", Options())
    assert any("WebAssembly" in str(note) for note in notes)
    alone = traced_together([case])
    values = case.values(seed=1)
    wanted = iter(tf.nest.flatten(alone.function(*map(tf.constant, values))))
    with closing(tfjs.load(tmp_path / "model", kind="graph", backend="wasm")) as loaded:
        try:
            found = iter(loaded.predict([narrow(value) for value in values]))
        except RuntimeFailure:
            return
    assert list(differences(case, alone.lengths[0], wanted, found))


def test_tables(tfjs: TfjsRunner, tmp_path: Path) -> None:
    class Tables(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            words = tf.lookup.KeyValueTensorInitializer(["a", "bc", "d"], [7, 8, 9], tf.string, tf.int64)
            numbers = tf.lookup.KeyValueTensorInitializer([3, -4], [0.5, 1.5], tf.int64, tf.float32)
            self.words = tf.lookup.StaticHashTable(words, -1)
            self.numbers = tf.lookup.StaticHashTable(numbers, 9.0)

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.string), tf.TensorSpec([None], tf.int64)])
        def serve(self, x: Any, n: Any) -> dict[str, Any]:
            return {"words": self.words.lookup(x), "numbers": self.numbers.lookup(n), "size": self.words.size()}

    module = Tables()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.serve)
    convert(tmp_path / "saved", tmp_path / "model")
    words, numbers = np.array([[b"bc", b"x"], [b"a", b"d"]], object), np.array([3, 5, -4])
    wanted = module.serve(tf.constant(words), tf.constant(numbers))
    for backend in ("cpu", "wasm"):
        with closing(tfjs.load(tmp_path / "model", kind="graph", backend=backend)) as loaded:  # type: ignore[arg-type]
            found = dict(zip(loaded.output_names, loaded.predict({"x": words, "n": numbers}), strict=True))
        for key, value in wanted.items():
            np.testing.assert_array_equal(found[key], narrow(value))
    document = json.loads((tmp_path / "model" / "model.json").read_text())
    nodes = [*document["modelTopology"]["node"], *document["modelInitializer"]["node"]]
    assert {name for name, why in ELSEWHERE.items() if why == "in test_tables"} <= {node["op"] for node in nodes}
