"""Flags mean what users expect, in the traps of the old converter too."""

from __future__ import annotations

import argparse

import pytest

from tensorflowjs.cli.arguments import parse, truth
from tensorflowjs.cli.converter import quantization_map, read_metadata
from tensorflowjs.errors import UsageError


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--quantize_uint8", "in.h5", "out"], {"uint8": True}),
        (["in.h5", "--quantize_uint8", "out"], {"uint8": True}),
        (["in.h5", "out", "--quantize_uint8"], {"uint8": True}),
        (["--quantize_uint8=*", "in.h5", "out"], {"uint8": True}),
        (["--quantize_uint8", "dense/*", "in.h5", "out"], {"uint8": ["dense/*"]}),
        (["--quantize_uint8=a/*,b", "in.h5", "out"], {"uint8": ["a/*", "b"]}),
        (["--quantize_float16", "--quantize_uint8=conv*", "in.h5", "out"], {"float16": True, "uint8": ["conv*"]}),
        (["--input_format", "keras", "--quantize_uint16", "in.h5", "out"], {"uint16": True}),
        (["--quantization_bytes", "1", "in.h5", "out"], {"uint8": True}),
        (["--quantization_bytes=2", "in.h5", "out"], {"uint16": True}),
        (["in.h5", "out"], {}),
    ],
)
def test_quantize_flags_leave_the_paths_alone(argv: list[str], expected: dict[str, object]) -> None:
    arguments = parse(argv)
    assert (arguments.input_path, arguments.output_path) == ("in.h5", "out")
    assert quantization_map(arguments) == expected


def test_paths_with_spaces_are_one_word() -> None:
    arguments = parse(["my models/a b.keras", "web model"])
    assert (arguments.input_path, arguments.output_path) == ("my models/a b.keras", "web model")


@pytest.mark.parametrize(
    ("text", "meaning"), [("False", False), ("0", False), ("no", False), ("True", True), ("1", True)]
)
def test_truth_flags_read_their_value(text: str, meaning: bool) -> None:
    assert parse([f"--strip_debug_ops={text}", "in", "out"]).strip_debug_ops is meaning
    assert truth(text) is meaning


def test_a_value_that_is_neither_is_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected true or false"):
        truth("perhaps")


def test_old_and_new_quantisation_flags_do_not_mix() -> None:
    with pytest.raises(UsageError, match="cannot be combined"):
        quantization_map(parse(["--quantization_bytes=1", "--quantize_uint8", "in", "out"]))


def test_metadata_reads_each_file(tmp_path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text('{"labels": ["cat", "dog"]}')
    second.write_text("[1, 2]")
    assert read_metadata(f"signature:{first},other:{second}") == {
        "signature": {"labels": ["cat", "dog"]},
        "other": [1, 2],
    }


@pytest.mark.parametrize("value", ["justakey", ":path.json", "key:"])
def test_metadata_without_key_or_file_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"key:file\.json"):
        read_metadata(value)


def test_metadata_that_is_not_json_names_the_file(tmp_path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(UsageError, match=r"broken\.json is not JSON"):
        read_metadata(f"key:{broken}")
