"""What is computed or kept several times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.ir.graph import Graph, GraphModel, Node, Type
from tensorflowjs.passes.building import Builder
from tensorflowjs.passes.optimising.simplifying import duplicates
from tensorflowjs.tensors import ArrayTensor, RegionTensor, Tensor
from tests.passes.optimising.brief import brief, model_of, optimised_model

X = "%x = Placeholder() {shape: shape[?, 4]}\n"


def nodes(text: str) -> int:
    model = optimised_model(text, duplicates.PASS)
    if text.count("output") < 2:  # otherwise one may be read where there was a node of its own
        assert brief(model.graph) == brief(model_of(text).graph)
    return len(model.graph.nodes)


SHARED = {
    "once": (X + "%a = Sin(%x)\n%b = Sin(%x)\n%y = AddV2(%a, %b)", 3),
    "what follows too": (X + "%a = Sin(%x)\n%b = Sin(%x)\n%c = Cos(%a)\n%d = Cos(%b)\n%y = AddV2(%c, %d)", 4),
    "constants": (X + "%a = AddV2(%x, [1.0, 2.0])\n%y = Mul(%a, [1.0, 2.0])", 4),
    "with an output": (X + "output a = %a\noutput y = %y\n%a = Sin(%x)\n%b = Sin(%x)\n%y = Cos(%b)", 3),
    "the second is the output": (X + "output b = %b\noutput y = %y\n%a = Sin(%x)\n%b = Sin(%x)\n%y = Cos(%a)", 3),
}


@pytest.mark.parametrize(("text", "count"), SHARED.values(), ids=SHARED)
def test_one_is_enough(text: str, count: int) -> None:
    assert nodes(text) == count


KEPT = {
    "two outputs": X + "output a = %a\noutput b = %b\n%a = Sin(%x)\n%b = Sin(%x)",
    "other attributes": X + "%a = LeakyRelu(%x) {alpha: 0.1}\n%b = LeakyRelu(%x) {alpha: 0.2}\n%y = AddV2(%a, %b)",
    "other operands": X + "%z = Sin(%x)\n%a = Sub(%x, %z)\n%b = Sub(%z, %x)\n%y = AddV2(%a, %b)",
    "random numbers": (
        "%a = RandomUniform([2]) {dtype: float32}\n%c = Identity([2]) {T: int32}\n"
        "%b = RandomUniform(%c) {dtype: float32}\n%y = AddV2(%a, %b)"
    ),
    "constants of other dtypes": X + "%i = Cast(1) {DstT: float32}\n%a = AddV2(%x, 1.0)\n%y = Mul(%a, %i)",
    "zeros of another sign": X + "%a = RealDiv(%x, 0.0)\n%b = RealDiv(%x, -0.0)\n%y = AddV2(%a, %b)",
    "constants of other shapes": X + "%a = AddV2(%x, 1.0)\n%y = Mul(%a, [1.0])",
    "lists, which TF.js changes": (
        "%a = TensorListReserve([2], 3) {element_dtype: float32}\n%s = Identity([2]) {T: int32}\n"
        "%b = TensorListReserve([2], 3) {element_dtype: float32}\n"
        "%y = TensorListSetItem(%a, 0, [1.0, 2.0])\n%z = TensorListSetItem(%b, 0, [1.0, 2.0])\n"
        "output y = %y\noutput z = %z"
    ),
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_both_stay(text: str) -> None:
    text = "\n".join(sorted(text.splitlines(), key=lambda line: not line.startswith("output")))
    model = optimised_model(text, duplicates.PASS)
    before = [node.op for node in model_of(text).graph.nodes.values() if node.op not in ("Const", "Identity")]
    assert [node.op for node in model.graph.nodes.values() if node.op not in ("Const", "Identity")] == before


def test_a_gate_of_a_branch_stays() -> None:
    text = """
    %x = Placeholder() {shape: shape[4]}
    %p = Placeholder() {dtype: bool, shape: shape[]}
    %s = Switch(%x, %p)
    %a = Identity(%s)
    %b = Identity(%s:1)
    %c = Identity([1.0]) {_waits: true} ^%a
    %d = Identity([1.0]) {_waits: true} ^%b
    %y = Merge(%c, %d)
    """
    assert len(optimised_model(text, duplicates.PASS).graph.nodes) == len(model_of(text).graph.nodes) - 1  # the 1.0


class Unread(Tensor):
    def read(self) -> np.ndarray:
        raise AssertionError("read")


def _constants(*tensors: Tensor) -> int:
    """How many of constants with these values are left."""
    graph = Graph()
    x = graph.add(Node("x", "Placeholder", (), {"dtype": Type("float32")})).output
    for number, tensor in enumerate(tensors):
        at = Builder(graph, f"b{number}")
        graph.outputs.append(at("Mul", x, at.tensor(tensor)))
    duplicates.share(GraphModel(graph).graph)
    return sum(node.op == "Const" for node in graph.nodes.values())


def test_large_constants_are_not_read(tmp_path: Path) -> None:
    tensor = Unread("float32", (100, 100))
    assert _constants(tensor, tensor, Unread("float32", (100, 100))) == 2
    regions = [RegionTensor(tmp_path / "w", offset, "float32", (100, 100)) for offset in (0, 0, 40000)]
    assert _constants(*regions) == 2
    assert _constants(regions[0], RegionTensor(tmp_path / "w", 0, "float32", (10000,))) == 2


def test_small_constants_are_compared() -> None:
    one, other = (ArrayTensor(np.array(values, "<f4")) for values in ([1, 2], [1, 2]))
    assert _constants(one, other) == 1
