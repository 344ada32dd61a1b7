"""`tensorflowjs verify`: does a converted model give the numbers of its source?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tensorflowjs.errors import ConversionError

if TYPE_CHECKING:
    from tensorflowjs.pipeline.verification import Verification

EXAMPLES = """\
examples:
  tensorflowjs verify web_model model.keras
  tensorflowjs verify web_model saved_model --seed 7 --batch 4
  tensorflowjs verify web_model model.h5 --tolerance 0.01 --json

The exit code is 0 when all outputs agree, 1 when not.
"""


class DifferentError(ConversionError):
    """The model does not give the numbers of its source."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL_DIR", help="the converted model: model.json or its folder")
    parser.add_argument("source", metavar="SOURCE", help="what it was converted from")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs (0)")
    parser.add_argument("--batch", type=int, default=2, help="samples in the inputs (2)")
    parser.add_argument("--backend", choices=("auto", "cpu", "wasm"), default="auto", help="of TF.js (wasm, else cpu)")
    text = "largest error, as a share of each output's largest value; default: by how the weights are stored"
    parser.add_argument("--tolerance", type=float, metavar="SHARE", help=text)
    text = "compare with a plain conversion in TF.js even where Keras or TensorFlow is installed"
    parser.add_argument("--without_oracle", action="store_true", help=text)
    parser.add_argument("--input_format", metavar="FORMAT", help="of the source; checked when given")
    parser.add_argument("--signature_name", help="the signature that was converted")
    parser.add_argument("--saved_model_tags", help="the tags that were asked for")
    parser.add_argument("--output_node_names", help="the outputs of a frozen model that were asked for")
    parser.add_argument("--json", action="store_true", help="the figures, as JSON")


def run(arguments: argparse.Namespace) -> None:
    from tensorflowjs.pipeline.verification import verify

    found = verify(
        arguments.model,
        arguments.source,
        seed=arguments.seed,
        batch=arguments.batch,
        backend=arguments.backend,
        tolerance=arguments.tolerance,
        oracle=not arguments.without_oracle,
        input_format=arguments.input_format,
        signature_name=arguments.signature_name,
        saved_model_tags=arguments.saved_model_tags,
        output_node_names=arguments.output_node_names,
    )
    if arguments.json:
        print(json.dumps(as_json(found), indent=2))
    say(found, quiet=arguments.json)


def say(found: Verification, *, quiet: bool) -> None:
    """Tell what was found, and fail if it is not what it should be."""
    if not quiet:
        print("\n".join(lines(found)))
    if not found.ok:
        raise DifferentError(f"{found.model} does not give the numbers of {found.source}.", hint=_advice(found))


def lines(found: Verification) -> Iterator[str]:
    yield f"{found.model} in TF.js ({found.backend}) beside {found.oracle}, random inputs of seed {found.seed}:"
    for each in found.comparisons:
        same = each.ok(found.tolerance)
        yield f"  {'same' if same else 'DIFFERS'}  {each}"
        worst = "" if same else each.worst(found.tolerance)
        if worst:
            yield f"           {worst}"
    if found.apart:
        yield f"  first to differ from a plain conversion: {found.apart}"
    if found.without:
        yield f"  (The source itself was not run: {found.without}.)"


def _advice(found: Verification) -> str:
    if found.stored_as != "float32":
        return f"Its weights are stored as {found.stored_as}; `tensorflowjs convert --quantize auto` measures first."
    return "Please report this, with the model if you can."


def as_json(found: Verification) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "model": found.model,
        "source": found.source,
        "oracle": found.oracle,
        "backend": found.backend,
        "seed": found.seed,
        "storedAs": found.stored_as,
        "tolerance": {"relative": found.tolerance.relative, "floor": found.tolerance.floor},
        "firstDifference": found.apart,
        "sourceNotRunBecause": found.without,
        "outputs": [
            {
                "name": each.name,
                "shape": list(each.shape),
                "ok": each.ok(found.tolerance),
                "maxAbsolute": _number(each.max_abs),
                "maxRelative": _number(each.max_rel),
                "signalToNoise": _number(each.snr_db),
                "argmaxAgreement": each.argmax_agreement,
                "problem": each.problem,
                "weak": each.weak,
                "rounding": each.rounding,
            }
            for each in found.comparisons
        ],
    }


def _number(value: float) -> float | str | None:
    """JSON has no NaN and no infinity."""
    if value != value:
        return None
    return value if abs(value) != float("inf") else str(value)
