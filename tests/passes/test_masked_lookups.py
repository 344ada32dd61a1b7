"""Keys that layers look up apart go into the table."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.masked_lookups import put_masks_into_tables
from tensorflowjs.passes.pruning import prune

LOOKUP = """\
graph main
  output y = %y
  %table = HashTableV2()
  %missing = Const() {dtype: int32, value: int32[]{1}}
  %zero = Const() {dtype: int32, value: int32[]{0}}
  %mask = Const() {dtype: string, value: string[]{""}}
  %keys = Placeholder() {dtype: string, shape: shape[?, 7]}
  %is = Equal(%keys, %mask) {T: string}
  %found = LookupTableFindV2(%table, %keys, %missing) {Tin: string, Tout: int32}
  %y = SelectV2(%is, %zero, %found) {T: int32}
"""
FILLING = """\
graph initializer
  output done = %import
  %table = HashTableV2()
  %words = Const() {dtype: string, value: string[2]{"cat", "dog"}}
  %numbers = Const() {dtype: int32, value: int32[2]{2, 3}}
  %import = LookupTableImportV2(%table, %words, %numbers) {Tin: string, Tout: int32}
"""


def model(lookup: str = LOOKUP, filling: str = FILLING) -> GraphModel:
    made = parse(lookup)
    made.initializer = parse(filling).graph
    return made


def filled(made: GraphModel) -> dict[bytes, int]:
    prune(made)
    assert made.initializer is not None
    _, keys, values = made.initializer.nodes["import"].inputs
    return dict(zip(keys.node.tensor.read(), values.node.tensor.read().tolist(), strict=True))


def test_the_mask_is_a_key_like_others() -> None:
    made = model()
    assert put_masks_into_tables(made)
    assert filled(made) == {b"cat": 2, b"dog": 3, b"": 0}
    assert show(made).splitlines()[1:] == [
        "  output y = %found",
        "  %table = HashTableV2()",
        "  %missing = Const() {dtype: int32, value: int32[]{1}}",
        "  %keys = Placeholder() {dtype: string, shape: shape[?, 7]}",
        "  %found = LookupTableFindV2(%table, %keys, %missing) {Tin: string, Tout: int32}",
    ]


def test_the_mask_wins_over_what_the_table_has_for_it() -> None:
    made = model(LOOKUP.replace('{""}', '{"dog"}'))
    assert put_masks_into_tables(made)
    assert filled(made) == {b"cat": 2, b"dog": 0}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  output y = %y\n", "  output y = %y\n  output z = %found\n"),
        ("%y = SelectV2(%is, %zero, %found)", "%y = SelectV2(%is, %zero, %more)\n  %more = AddV2(%found, %found)"),
        ("%y = SelectV2(%is, %zero, %found)", "%y = SelectV2(%is, %found, %zero)"),
        ("%is = Equal(%keys", "%other = Placeholder() {dtype: string}\n  %is = Equal(%other"),
        ("%is = Equal", "%is = NotEqual"),
        ("%mask = Const() {dtype: string, value: string[]", "%mask = Const() {dtype: string, value: string[1]"),
        ("  %y =", "  output z = %w\n  %w = LookupTableFindV2(%table, %keys, %missing) {Tin: string}\n  %y ="),
    ],
    ids=["is an output", "other reader", "other way round", "other keys", "other comparison", "list", "second lookup"],
)
def test_what_it_leaves_alone(old: str, new: str) -> None:
    assert old in LOOKUP
    assert not put_masks_into_tables(model(LOOKUP.replace(old, new)))


def test_tables_that_are_filled_twice_stay() -> None:
    again = "  %again = LookupTableImportV2(%table, %words, %numbers) {Tin: string, Tout: int32}\n"
    assert not put_masks_into_tables(model(filling=FILLING + again))


def test_without_tables_there_is_nothing_to_do() -> None:
    assert not put_masks_into_tables(parse(LOOKUP))
