"""The forms of ops that the shaders of WebGL and WebGPU can run; that they compute the same is tested in TF.js."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.building import constant, flag
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.rewriting import rewrite
from tensorflowjs.passes.storage import stored_type

HEAD = "graph main\n  output y = %y\n  %x = Placeholder() {{dtype: {dtype}, shape: shape[{shape}]}}\n"


def rewritten(text: str, dtype: str = "float32", shape: str = "?, 2, 3, 4, 5") -> GraphModel:
    model = parse(HEAD.format(dtype=dtype, shape=shape) + text)
    rewrite(model)
    prune(model)
    return model


def nodes(model: GraphModel, op: str) -> list[Node]:
    return [node for node in model.graph.nodes.values() if node.op == op]


def test_paddings_of_no_more_than_four_axes() -> None:
    model = rewritten("""
      %p = Const() {dtype: int32, value: int32[5, 2]{0, 0, 1, 0, 0, 2, 1, 1, 0, 0}}
      %y = Pad(%x, %p) {T: float32}
    """)
    assert [constant(node.inputs[1]).tolist() for node in nodes(model, "Pad")] == [
        [[0, 0], [1, 0], [0, 2], [0, 0]],
        [[0, 0], [1, 1], [0, 0]],
    ]


def test_axes_side_by_side_turn_as_one() -> None:
    model = rewritten(
        """
      %o = Const() {dtype: int32, value: int32[7]{0, 1, 3, 5, 2, 4, 6}}
      %y = Transpose(%x, %o) {T: float32}
        """,
        shape="?, 2, 2, 3, 2, 2, 3",
    )
    (node,) = nodes(model, "Transpose")
    assert constant(node.inputs[1]).tolist() == [0, 2, 4, 1, 3, 5]


@pytest.mark.parametrize("dtype", ["bool", "int32"])
def test_masks_turn_as_matrices(dtype: str) -> None:
    model = rewritten(
        f"""
      %o = Const() {{dtype: int32, value: int32[3]{{1, 0, 2}}}}
      %y = Transpose(%x, %o) {{T: {dtype}}}
        """,
        dtype,
        "?, ?, 1",
    )
    (node,) = nodes(model, "Transpose")
    assert constant(node.inputs[1]).tolist() == [1, 0]


@pytest.mark.parametrize(("dtype", "op"), [("bool", "Relu"), ("int32", "Maximum")])
@pytest.mark.parametrize(("axis", "turned"), [(1, True), (2, False), (-1, False)])
def test_sums_of_what_was_cast(dtype: str, op: str, axis: int, turned: bool) -> None:
    """Along the last axis WebGPU need not turn it."""
    model = rewritten(
        f"""
      %f = Cast(%x) {{DstT: float32, SrcT: {dtype}}}
      %a = Const() {{dtype: int32, value: int32[1]{{{axis}}}}}
      %y = Sum(%f, %a) {{T: float32, keep_dims: false}}
        """,
        dtype,
        "?, 3, 4",
    )
    (node,) = nodes(model, "Sum")
    assert (node.inputs[0].node.op == op) is turned
    assert (stored_type(node.inputs[0]) == "float32") is turned


def test_what_was_cast_to_integers_is_no_longer_floats() -> None:
    model = rewritten("  %y = Cast(%x) {DstT: int32, SrcT: float32}\n")
    assert stored_type(model.graph.outputs[0]) == "int32"


def test_products_never_keep_their_axes() -> None:
    model = rewritten(
        """
      %a = Const() {dtype: int32, value: int32[2]{-1, 0}}
      %y = Prod(%x, %a) {T: float32, keep_dims: true}
        """
    )
    assert [flag(node, "keep_dims") for node in nodes(model, "Prod")] == [False]
    assert len(nodes(model, "ExpandDims")) == 2


@pytest.mark.parametrize(("binary", "least"), [(False, 0), (True, 1)], ids=["counts", "whether there are any"])
def test_counts_are_floats(binary: bool, least: int) -> None:
    model = rewritten(
        f"""
      %n = Const() {{dtype: int32, value: int32[]{{7}}}}
      %w = Const() {{dtype: int32, value: int32[0]{{}}}}
      %y = DenseBincount(%x, %n, %w) {{T: int32, Tidx: int32, binary_output: {str(binary).lower()}}}
        """,
        "int32",
        "?, 9",
    )
    (node,) = nodes(model, "DenseBincount")
    assert constant(node.inputs[2]).dtype == "float32"
    assert not flag(node, "binary_output")
    assert len(nodes(model, "Minimum")) == least


def test_the_greatest_of_one_axis_is_that_of_a_row() -> None:
    model = rewritten(
        """
      %a = Const() {dtype: int32, value: int32[]{0}}
      %y = ArgMax(%x, %a) {T: float32, output_type: int32}
        """,
        shape="?",
    )
    (node,) = nodes(model, "ArgMax")
    assert constant(node.inputs[1]).tolist() == 1


@pytest.mark.parametrize(("reader", "rows"), [("Real", True), ("ComplexAbs", False)])
def test_transforms_of_rows(reader: str, rows: bool) -> None:
    """Magnitudes come out right as they are."""
    model = rewritten(
        f"""
      %f = FFT(%x) {{Tcomplex: complex64}}
      %y = {reader}(%f) {{T: complex64, Tout: float32}}
        """,
        "complex64",
        "?, 3, 8",
    )
    (node,) = nodes(model, "FFT")
    assert (node.inputs[0].node.op != "Placeholder") is rows
