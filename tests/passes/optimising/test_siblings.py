"""Convolutions of the same input side by side: siblings."""

from __future__ import annotations

import numpy as np
import pytest

from tensorflowjs.ir.graph import Graph
from tensorflowjs.passes.optimising.arithmetic import siblings
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.simplifying import duplicates
from tensorflowjs.tensors import ComputedTensor
from tests.passes.optimising.float_graphs import model_of, ops, optimised, same

PASSES = (siblings.PASS,)
X = "output a = %p\noutput b = %q\n%x = Placeholder() {shape: shape[?, 16, 16, 64]}\n"
FILTERS = "%f = float32[3, 3, 64, 4]\n%g = float32[3, 3, 64, 1]\n"
HEADS = """
%a = Conv2D(%x, %f) {padding: "SAME"}
%b = Conv2D(%x, %g) {padding: "SAME"}
"""
BIASES = """
%fb = float32[4]
%gb = float32[1]
%c = BiasAdd(%a, %fb) {data_format: "NHWC"}
%d = BiasAdd(%b, %gb) {data_format: "NHWC"}
"""
ENDS = "%p = Neg(%a)\n%q = Abs(%b)"
BIASED_ENDS = "%p = Neg(%c)\n%q = Abs(%d)"
PLAIN = X + FILTERS + HEADS + ENDS
BIASED = X + FILTERS + HEADS + BIASES + BIASED_ENDS
ACTIVATED = X + FILTERS + HEADS + BIASES + "%r = Relu(%c)\n%s = Relu(%d)\n%p = Neg(%r)\n%q = Exp(%s)"
ZEROS = f"float32[3, 3, 64, 4]{{{', '.join(['0.0'] * 3 * 3 * 64 * 4)}}}"
SHARED = """
output p = %p
output q = %q
%x = Placeholder() {shape: shape[1, 64, 64, 400]}
%f = float32[1, 1, 400, 3]
%g = float32[1, 1, 400, 12]
%a = Conv2D(%x, %f)
%b = Conv2D(%x, %g)
%e = Conv2D(%x, %f) {strides: [1, 2, 2, 1]}
%p = Neg(%a)
%q = Tanh(%b)
output e = %e
"""


def test_filters_and_biases_side_by_side() -> None:
    small = X.replace("16, 16, 64", "512, 512, 320")
    small += "%f = float32[1, 1, 320, 1]\n%g = float32[1, 1, 320, 2]\n" + BIASES.replace(
        "float32[4]", "float32[1]{3.0}"
    )
    before = small.replace("%gb = float32[1]\n", "%gb = float32[2]{5.0, 7.0}\n") + HEADS + BIASED_ENDS
    assert optimised(before, *PASSES) == same("""
    output a = %p
    output b = %q
    %x = Placeholder() {shape: shape[?, 512, 512, 320]}
    %a/Const = float32[1, 1, 320, 3]
    %a/Conv2D = Conv2D(%x, %a/Const) {padding: "SAME"}
    %a/Const_1 = float32[3]{3.0, 5.0, 7.0}
    %a/BiasAdd = BiasAdd(%a/Conv2D, %a/Const_1) {data_format: "NHWC"}
    %a/Const_2 = int32[2]{1, 2}
    %a/Const_3 = int32[]{3}
    %a/SplitV = SplitV(%a/BiasAdd, %a/Const_2, %a/Const_3) {Tlen: int32, num_split: 2}
    %p = Neg(%a/SplitV)
    %q = Abs(%a/SplitV:1)
    """)


def test_nothing_is_read_before_it_is_written() -> None:
    model = model_of(BIASED)
    asked: list[str] = []

    def values(shape: tuple[int, ...], name: str) -> np.ndarray:
        asked.append(name)
        return np.full(shape, len(name), "f4")

    for name in ("f", "g", "fb", "gb"):
        attrs = model.graph.nodes[name].attrs
        shape = model.graph.nodes[name].tensor.shape
        attrs["value"] = ComputedTensor("float32", shape, lambda shape=shape, name=name: values(shape, name))
    optimise(model, [PASSES], Journal())
    assert not asked
    (merged,) = [node for node in model.graph.nodes.values() if node.op == "Conv2D"]
    assert merged.inputs[1].node.tensor.read().shape == (3, 3, 64, 5)
    assert asked == ["f", "g"]
    assert not {"f", "g", "fb", "gb", "a", "b", "c", "d"} & set(model.graph.nodes)


MERGED = {
    "without bias": (PLAIN, ["Conv2D", "SplitV", "Neg", "Abs"]),
    "biases": (BIASED, ["Conv2D", "BiasAdd", "SplitV", "Neg", "Abs"]),
    "activations": (ACTIVATED, ["Conv2D", "BiasAdd", "Relu", "SplitV", "Neg", "Exp"]),
    "other activations": (
        ACTIVATED.replace("Relu", "LeakyRelu")
        .replace("(%c)", "(%c) {alpha: 0.1}")
        .replace("(%d)", "(%d) {alpha: 0.1}"),
        ["Conv2D", "BiasAdd", "LeakyRelu", "SplitV", "Neg", "Exp"],
    ),
    "strides and dilations": (
        PLAIN.replace('"SAME"', '"VALID", dilations: [1, 2, 2, 1]').replace("16, 16, 64", "24, 24, 64"),
        ["Conv2D", "SplitV", "Neg", "Abs"],
    ),
    "three": (
        X
        + FILTERS
        + "%h = float32[3, 3, 64, 2]\n"
        + HEADS
        + '%i = Conv2D(%x, %h) {padding: "SAME"}\noutput c = %r\n%r = Floor(%i)\n'
        + ENDS,
        ["Conv2D", "SplitV", "Neg", "Abs", "Floor"],
    ),
    "several readers": (
        X + FILTERS + HEADS + "%r = Sqrt(%a)\n%p = Neg(%a)\n%s = AddV2(%r, %p)\noutput c = %s\n%q = Abs(%b)",
        ["Conv2D", "SplitV", "Neg", "Abs", "Sqrt", "AddV2"],
    ),
    "beside whole tiles": (
        X
        + FILTERS
        + HEADS
        + '%h = float32[3, 3, 64, 8]\noutput c = %r\n%i = Conv2D(%x, %h) {padding: "SAME"}\n%r = Floor(%i)\n'
        + ENDS,
        ["Conv2D", "Conv2D", "SplitV", "Neg", "Abs", "Floor"],
    ),
    "small filters with other readers": (SHARED, ["Conv2D", "Conv2D", "SplitV", "Neg", "Tanh"]),
}


@pytest.mark.parametrize("case", MERGED)
def test_merged(case: str) -> None:
    text, wanted = MERGED[case]
    assert sorted(ops(text, *PASSES)) == sorted(wanted)


def other(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


LEFT = {
    "no tile saved": PLAIN.replace("64, 1]", "64, 7]"),
    "too small a share": X.replace("64]", "128]")
    + "%f = float32[3, 3, 128, 156]\n%g = float32[3, 3, 128, 20]\n"
    + HEADS
    + ENDS,
    "too few pixels": PLAIN.replace("16, 16, 64", "4, 4, 64"),
    "cutting out takes longer": PLAIN.replace("3, 3, 64", "1, 1, 64").replace("16, 16", "512, 512"),
    "how many pixels is not known": PLAIN.replace("16, 16, 64", "?, 16, 64"),
    "other windows": other(PLAIN, "%g = float32[3, 3,", "%g = float32[5, 5,"),
    "other strides": other(PLAIN, '%b = Conv2D(%x, %g) {padding: "SAME"', '%b = Conv2D(%x, %g) {padding: "VALID"'),
    "other inputs": other(PLAIN, "Conv2D(%x, %g)", "Conv2D(%z, %g)") + "\n%z = Relu(%x)",
    "one bias": X + FILTERS + HEADS + BIASES + "%p = Neg(%c)\n%q = AddV2(%b, %d)",
    "biases that are computed": BIASED.replace("b = float32", "c = float32") + "\n%fb = Neg(%fc)\n%gb = Neg(%gc)",
    "one activation": ACTIVATED.replace("%s = Relu(%d)", "%s = Square(%d)"),
    "other activations": ACTIVATED.replace("%s = Relu(%d)", "%s = Relu6(%d)"),
    "outputs of the model": PLAIN + "\noutput c = %b",
    "a filter that is not constant": other(
        PLAIN, "%g = float32[3, 3, 64, 1]", "%h = float32[3, 3, 64, 1]\n%g = Neg(%h)"
    ),
    "large filters with other readers": SHARED.replace("400, 3]", "400, 11]"),
    "channels first": PLAIN.replace('"SAME"', '"SAME", data_format: "NCHW"').replace("16, 16", "64, 64"),
    "something waits": PLAIN + "\n%z = Exp(%x) ^%a\noutput c = %z",
    "one waits itself": other(PLAIN, '%g) {padding: "SAME"}', '%g) {padding: "SAME"} ^%z') + "\n%z = Exp(%x)",
    "a filter waits": other(PLAIN, "%f = float32[3, 3, 64, 4]", f"%f = Const() {{dtype: float32, value: {ZEROS}}} ^%x"),
}


@pytest.mark.parametrize("case", LEFT)
def test_left_alone(case: str) -> None:
    assert "SplitV" not in ops(LEFT[case], *PASSES)


def test_the_same_convolution_is_shared_rather() -> None:
    assert ops(PLAIN.replace("%g)", "%f)"), duplicates.PASS, siblings.PASS) == ["Conv2D", "Neg", "Abs"]


def test_a_second_time_there_is_nothing_left() -> None:
    model = model_of(BIASED)
    graph: Graph = model.graph
    assert siblings.merge(graph) == 1
    assert siblings.merge(graph) == 0


IN_TFJS = {
    "siblings without bias": PLAIN,
    "siblings with biases": BIASED,
    "siblings with activations": ACTIVATED,
    "siblings with strides": PLAIN.replace('"SAME"', '"SAME", strides: [1, 2, 2, 1]').replace(
        "16, 16, 64", "33, 33, 64"
    ),
    "three siblings": MERGED["three"][0],
}
