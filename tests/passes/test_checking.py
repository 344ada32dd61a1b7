"""One error names every op that TF.js cannot run, or not with the same results."""

from __future__ import annotations

import pytest

from tensorflowjs.catalog.ops import tensorflow_ops, tfjs_ops
from tensorflowjs.catalog.unsupported import reason
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.checking import check_ops

X = "graph main\n  output y = %y\n  %x = Placeholder() {dtype: float32, shape: shape[?, 8]}\n"


def refusal(text: str) -> str:
    with pytest.raises(UnsupportedError) as caught:
        check_ops(parse(text))
    return str(caught.value)


def test_all_at_once() -> None:
    said = refusal(
        X
        + """\
      %a = Cholesky(%x)
      %b = Cholesky(%a)
      %c = Cholesky(%b)
      %d = Cholesky(%c)
      %e = OurOwn(%d)
      %loop = While(%e) {body: @f, cond: @f}
      %y = Relu(%loop)

    function f
      input a = %a
      output r = %r
      %a = Arg()
      %r = DecodeJpeg(%a)
    """
    )
    assert said.splitlines() == [
        "TF.js cannot run 3 operations of this model:",
        "  - Cholesky in a, b, c and 1 more: TF.js has no linear algebra of this kind "
        "(compute it before the export if its input is constant)",
        "  - DecodeJpeg in f/r: TF.js reads no image or sound files in a model "
        "(decode in JavaScript, and convert the part of the model behind it, and give that its result)",
        "  - OurOwn in e: it is no op of TensorFlow itself, nor of TF.js "
        "(if you register it in JavaScript with tf.registerOp, convert with --skip_op_check)",
        "If you register operations of your own in JavaScript, convert with --skip_op_check.",
    ]


def test_what_tfjs_runs_passes() -> None:
    every = "\n".join(f"  %n{index} = {name}(%x)" for index, name in enumerate(_harmless()))
    assert not check_ops(parse(f"{X}{every}\n  %y = Where(%x)"))


def _harmless() -> list[str]:
    """Ops without attributes or inputs that matter to a trap."""
    return [
        name
        for name, row in tfjs_ops().items()
        if row.runs and row.category in ("basic_math", "control", "dynamic") and name not in _LISTS
    ]


_LISTS = {"TensorListSplit", "TensorListPopBack", "TensorListSetItem", "TensorListPushBack"}


@pytest.mark.parametrize("op", ["BitwiseAnd", "RaggedGather", "RaggedRange", "RaggedTensorToTensor"])
def test_ops_that_only_stand_in_its_lists(op: str) -> None:
    assert f"{op} in y" in refusal(f"{X}  %y = {op}(%x, %x)")


def test_decision_forests_come_with_their_own_package() -> None:
    assert not check_ops(parse(f"{X}  %y = SimpleMLInferenceOpWithHandle(%x)"))


@pytest.mark.parametrize(
    ("node", "what"),
    [
        ("FusedBatchNormV3(%x, %x, %x, %x, %x) {is_training: true}", "by given statistics only"),
        ('FusedBatchNormV3(%x, %x, %x, %x, %x) {is_training: false, data_format: "NCHW"}', "channels last only"),
        ("OneHot(%x, %x, %x, %x) {axis: 1}", "at the end only"),
        ("MatrixBandPart(%x, %x, %x)", "not known to be equal"),
        ("RealDiv(%x, %x) {T: int32}", "not towards 0"),
        ("Mod(%x, %x) {T: float32}", "sign of the divisor"),
        ("FakeQuantWithMinMaxVars(%x, %x, %x)", "hands its input on"),
        ('MaxPool(%x) {padding: "EXPLICIT"}', "without paddings"),
        ("Conv2D(%x, %x) {strides: [1, 2, 2, 1], dilations: [1, 2, 2, 1]}", "not both"),
        ("Conv2DBackpropInput(%x, %x, %x) {dilations: [1, 2, 2, 1]}", "ignores its dilations"),
        ("RandomUniformInt(%x, %x, %x)", "nothing but zeros"),
        ("RFFT(%x, %c)", "ignores the length"),
        ("IRFFT(%x, %c)", "ignores the length"),
        ('Einsum(%x, %x, %x) {equation: "a,b,c->abc"}', "two operands at most"),
        ('Einsum(%x, %x) {equation: "...a,a->..."}', "no ellipses"),
        ('Einsum(%x) {equation: "aa->a"}', "no axis of an operand twice"),
        ('Einsum(%x) {equation: "aA->Aa"}', "capitals"),
        ('StaticRegexReplace(%x) {pattern: "[A-Z]", rewrite: ""}', "capitals"),
        ('StringNGrams(%x, %x) {separator: " ", left_pad: "S", right_pad: ""}', "capitals"),
    ],
)
def test_traps(node: str, what: str) -> None:
    said = refusal(f"{X}  %c = Const() {{dtype: int32, value: int32[1]{{10}}}}\n  %y = {node}")
    assert what in said.splitlines()[1]


def test_statistics_of_a_batch() -> None:
    text = f"{X}  %y = FusedBatchNormV3(%x, %x, %x, %x, %x) {{is_training: false}}"
    assert not check_ops(parse(text))
    assert "does not return the statistics" in refusal(text.replace("output y = %y", "output y = %y:1"))


def test_lengths_that_fit() -> None:
    for op, length in (("RFFT", 8), ("IRFFT", 14)):
        assert not check_ops(
            parse(f"{X}  %c = Const() {{dtype: int32, value: int32[1]{{{length}}}}}\n  %y = {op}(%x, %c)")
        )


def test_every_op_of_tensorflow_has_a_reason() -> None:
    for op in tensorflow_ops():
        assert reason(op).what
        assert reason(op).hint
