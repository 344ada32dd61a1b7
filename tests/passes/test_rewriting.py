"""What ops are rewritten into computes the same, by TensorFlow itself."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.rewriting import rewrite
from tests.passes.rewrite_cases import CASES, Case
from tests.passes.tensorflow_oracle import narrow, prepared, run, traced


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_results(case: Case) -> None:
    concrete, model = traced(case.function, case.specs())
    prepared(model)
    ops = {node.op for node in model.graph.nodes.values()}
    assert not ops & set(case.gone)
    for seed in (1, 2):
        values = case.values(seed)
        wanted = [narrow(each) for each in tf.nest.flatten(concrete(*map(tf.constant, values)))]
        found = run(model.graph, [narrow(value) for value in values])
        for one, other in zip(wanted, found, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_allclose(other, one, rtol=case.tolerance, atol=case.tolerance)


def rewritten(text: str) -> str:
    model = parse(text)
    assert rewrite(model)
    prune(model)
    return show(model)


def test_the_last_node_takes_the_name() -> None:
    assert (
        rewritten("""
    graph main
      output y = %y
      %x = Placeholder() {dtype: float32}
      %y = Erfc(%x) {T: float32}
    """)
        == """\
graph main
  output y = %y
  %x = Placeholder() {dtype: float32}
  %y/Const = Const() {dtype: float32, value: float32[]{1.0}}
  %y/Erf = Erf(%x) {T: float32}
  %y = Sub(%y/Const, %y/Erf) {T: float32}
"""
    )


@pytest.mark.parametrize("scaled", [False, True])
def test_the_oldest_batch_norm(scaled: bool) -> None:
    """TensorFlow itself no longer runs it."""
    model = parse(
        f"""
    graph main
      output y = %y
      %x = Placeholder() {{dtype: float32}}
      %p = Placeholder() {{dtype: float32}}
      %two = Const() {{dtype: float32, value: float32[]{{2.0}}}}
      %mean = Add(%p, %two) {{T: float32}}
      %gamma = Mul(%p, %two) {{T: float32}}
      %beta = Sub(%p, %two) {{T: float32}}
      %y = BatchNormWithGlobalNormalization(%x, %mean, %p, %beta, %gamma)
          {{T: float32, scale_after_normalization: {str(scaled).lower()}, variance_epsilon: 0.1}}
    """.replace("\n          {", " {")
    )
    model.graph.inputs = [model.graph.nodes["x"], model.graph.nodes["p"]]
    assert rewrite(model)
    rng = np.random.default_rng(0)
    x, p = rng.normal(size=(2, 3, 4, 5)).astype("<f4"), rng.uniform(1, 2, 5).astype("<f4")
    wanted = (x - p - 2) / np.sqrt(p + 0.1) * (p * 2 if scaled else 1) + p - 2
    np.testing.assert_allclose(run(model.graph, [x, p])[0], wanted, rtol=1e-4, atol=1e-4)


def test_top_k_of_before_its_second_version() -> None:
    text = rewritten("""
    graph main
      output y = %y:1
      %x = Placeholder() {dtype: float32}
      %y = TopK(%x) {T: float32, k: 3, sorted: true}
    """)
    assert "output y = %y:1" in text
    assert "%y = TopKV2(%x, %y/Const)" in text
    assert "value: int32[]{3}" in text


def test_channels_first() -> None:
    text = rewritten("""
    graph main
      output y = %y
      %x = Placeholder() {dtype: float32, shape: shape[?, 3, 8, 8]}
      %k = Placeholder() {dtype: float32, shape: shape[3, 3, 3, 2]}
      %y = Conv2D(%x, %k) {data_format: "NCHW", dilations: [1, 1, 1, 1], strides: [1, 1, 2, 3], padding: "SAME"}
    """)
    assert "strides: [1, 2, 3, 1]" in text
    assert 'data_format: "NHWC"' in text
    assert "int32[4]{0, 2, 3, 1}" in text
    assert "int32[4]{0, 3, 1, 2}" in text


def test_outputs_that_no_rule_gives_keep_the_node() -> None:
    model = parse("""
    graph main
      output y = %y:1
      %x = Placeholder() {dtype: float32}
      %y = FusedBatchNormV3(%x, %x, %x, %x, %x) {T: float32, U: float32, is_training: true}
    """)
    before = show(model)
    assert not rewrite(model)
    assert show(model) == before


def test_dtypes_that_no_constant_has_keep_the_node() -> None:
    assert not rewrite(
        parse("graph g\n  output y = %y\n  %x = Placeholder() {dtype: string}\n  %y = MulNoNan(%x, %x) {T: string}")
    )
