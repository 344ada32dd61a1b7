"""Looking things up, in the text form."""

from __future__ import annotations

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.rewriting import rewrite

LOOKUP = """\
graph main
  output y = %y
  %table = HashTableV2()
  %missing = Const() {dtype: int32, value: int32[]{-1}}
  %keys = Placeholder() {dtype: string, shape: SHAPE}
  %y = LookupTableFindV2(%table, %keys, %missing) {Tin: string, Tout: int32}
"""


def rewritten(shape: str) -> str:
    model = parse(LOOKUP.replace("SHAPE", shape))
    rewrite(model)
    prune(model)
    return show(model)


def test_what_is_found_has_the_shape_of_the_keys() -> None:
    text = rewritten("shape[?, 7]")
    assert "%y/Reshape = Reshape(%keys, %y/Const)" in text
    assert "%y/LookupTableFindV2 = LookupTableFindV2(%table, %y/Reshape, %missing)" in text
    assert "value: int32[2]{-1, 7}" in text
    assert "%y = Reshape(%y/LookupTableFindV2, %y/Const_3)" in text


def test_keys_of_a_rank_that_only_shows_at_run_time() -> None:
    text = rewritten("shape[*]")
    assert "%y/Shape = Shape(%keys)" in text
    assert "%y = Reshape(%y/LookupTableFindV2, %y/Shape)" in text


def test_a_list_of_keys_stays_as_it_is() -> None:
    assert rewritten("shape[?]").splitlines()[2:] == LOOKUP.replace("SHAPE", "shape[?]").splitlines()[2:]
