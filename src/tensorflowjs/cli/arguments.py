"""The flags of `tensorflowjs_converter`: those of the old converter, without their traps.

A bare `--quantize_uint8` does not swallow the input path, paths may hold spaces, and `--strip_debug_ops=False`
means false.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import NoReturn

from tensorflowjs.errors import UsageError
from tensorflowjs.pipeline.routes import FORMATS

QUANTIZE_FLAGS = ("--quantize_float16", "--quantize_uint8", "--quantize_uint16")
TRUTH_FLAGS = ("--strip_debug_ops", "--use_structured_outputs_names", "--control_flow_v2", "--experiments")
VALUE_FLAGS = (
    "--input_format", "--output_format", "--quantization_bytes", "--weight_shard_size_bytes", "--signature_name",
    "--saved_model_tags", "--output_node_names", "--passes", "--disable_pass", "--metadata",
)  # fmt: skip

EXAMPLES = """\
examples:
  tensorflowjs_converter model.keras web_model
  tensorflowjs_converter --input_format=keras model.h5 web_model
  tensorflowjs_converter --quantize_float16 model.keras web_model
  tensorflowjs_converter --quantize_uint8='dense*/kernel' model.keras web_model

Load the result in JavaScript with: await tf.loadLayersModel('web_model/model.json')
"""


def parse(argv: list[str]) -> argparse.Namespace:
    return parser().parse_intermixed_args(joined(argv))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """In one sentence like all other errors, without the whole usage."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint="See: tensorflowjs_converter --help")


def parser() -> argparse.ArgumentParser:
    made = _Parser(
        "tensorflowjs_converter",
        usage="tensorflowjs_converter [options] input_path output_path",
        description="Converts Keras and TensorFlow models to TensorFlow.js. The input format is detected.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_arguments(made)
    made.add_argument("--version", "-v", dest="show_version", action="store_true", help="print versions and exit")
    made.add_argument("--debug", action="store_true", help="show the Python traceback of an error")
    return made


def add_arguments(made: argparse.ArgumentParser) -> None:
    """What says which model becomes what: for every door to conversions."""
    made.add_argument("input_path", nargs="?", help="the model: a file or a folder")
    made.add_argument("output_path", nargs="?", help="the folder for model.json and weights (for Keras: the file)")
    _add_formats(made)
    _add_weights(made)
    _add_graph_flags(made)
    made.add_argument("--metadata", metavar="KEY:FILE.json[,...]", help="JSON to attach as userDefinedMetadata")
    made.add_argument("--quiet", "-q", action="store_true", help="print nothing but errors")


def _add_formats(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("formats")
    names = ", ".join(FORMATS)
    text = f"of the input: {names}; checked when given, detected when not"
    group.add_argument("--input_format", choices=list(FORMATS), metavar="FORMAT", help=text)
    text = "of the output, out of the same list; default: what suits the input"
    group.add_argument("--output_format", choices=list(FORMATS), metavar="FORMAT", help=text)


def _add_weights(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("weights")
    for flag in QUANTIZE_FLAGS:
        dtype = flag.removeprefix("--quantize_")
        patterns = "weights stored as " + dtype + ": all, or those whose names match (comma separated, * allowed)"
        group.add_argument(flag, nargs="?", const=True, default=None, metavar="PATTERNS", help=patterns)
    group.add_argument("--quantization_bytes", type=int, choices=(1, 2), help="deprecated: 1 is uint8, 2 is uint16")
    group.add_argument("--weight_shard_size_bytes", type=int, metavar="BYTES", help="largest weight file (4194304)")
    text = "put a hash of its content into the name of each weight file, so that browsers may keep it for good"
    group.add_argument("--hash_shards", action="store_true", help=text)
    group.add_argument("--split_weights_by_layer", action="store_true", help="a weight group for each layer")


def _add_graph_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("graph models")
    group.add_argument("--signature_name", help="signature of the SavedModel or Hub module to convert")
    group.add_argument("--saved_model_tags", help="tags of the graph to load, comma separated (serve)")
    group.add_argument("--output_node_names", help="outputs of a frozen model, comma separated")
    group.add_argument("--skip_op_check", action="store_true", help="convert even if TF.js lacks an op")
    text = "the only passes of the optimiser to run, comma separated; an empty list runs none"
    group.add_argument("--passes", type=names, metavar="NAMES", help=text)
    text = "passes of the optimiser to leave out; may be given several times"
    group.add_argument("--disable_pass", type=names, action="extend", default=[], metavar="NAMES", help=text)
    _add_truth(group, "--strip_debug_ops", True, "remove Print, Assert and CheckNumerics")
    _add_truth(group, "--use_structured_outputs_names", False, "name outputs as the model's structured outputs do")
    _add_truth(group, "--control_flow_v2", False, "keep functional control flow")
    _add_truth(group, "--experiments", False, "accepted for compatibility, has no effect")


def _add_truth(group: argparse._ArgumentGroup, flag: str, default: bool, text: str) -> None:
    group.add_argument(
        flag, type=truth, nargs="?", const=True, default=default, metavar="BOOL", help=f"{text} ({default})"
    )


def names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def truth(text: str) -> bool:
    """What a user means by `--flag=text`."""
    meant = TRUTHS.get(text.strip().lower())
    if meant is None:
        raise argparse.ArgumentTypeError(f"expected true or false, not {text!r}")
    return meant


def joined(argv: list[str], more_value_flags: Collection[str] = ()) -> list[str]:
    """`argv` with the value of every flag in one word with it, so that nothing can take a path for a value.

    Flags with a value always take the next word; flags of truth if it says true or false; `--quantize_*`, whose
    patterns may be left out, if that leaves two words for the paths.
    """
    rest = _join_certain(argv, {*VALUE_FLAGS, *more_value_flags})
    spare = sum(not _is_flag(word) for word in rest) - 2
    result: list[str] = []
    while rest:
        word = rest.pop(0)
        if word in QUANTIZE_FLAGS:
            takes = bool(rest) and not _is_flag(rest[0]) and spare > 0
            spare -= takes
            word = f"{word}={rest.pop(0)}" if takes else f"{word}=*"
        result.append(word)
    return result


def _join_certain(argv: list[str], value_flags: Collection[str]) -> list[str]:
    words = list(argv)
    result: list[str] = []
    while words:
        word = words.pop(0)
        following = words[0] if words else ""
        if word in value_flags and words:
            word = f"{word}={words.pop(0)}"
        elif word in TRUTH_FLAGS:
            word = f"{word}={words.pop(0) if following.lower() in TRUTHS else True}"
        result.append(word)
    return result


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-"
