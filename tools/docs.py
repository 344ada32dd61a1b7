"""Writes the reference pages of docs/ from the code they describe; `--check` says if they are out of date.

python tools/docs.py           write
python tools/docs.py --check   exit 1 if a page on disk differs
"""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorflowjs.catalog.schema import LayerClass
    from tensorflowjs.passes.optimising.passes import Pass

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "<!-- Made by tools/docs.py from the code. Edit that, then run it. -->\n"


# ---------------------------------------------------------------------------- layers.md


def layers_page() -> str:
    from tensorflowjs.catalog.layers import FAMILIES
    from tensorflowjs.fitting.rules import all_rules
    from tensorflowjs.lowering.tables import all_functions

    rules, functions = all_rules(), all_functions()
    parts = [MADE, LAYERS_INTRODUCTION]
    for family in FAMILIES:
        parts.append(f"\n## {_title(family)}\n\n{LAYERS_HEADING}")
        parts += [_layer_row(row, rules.get(row.name), functions.get(row.name)) for row in family.ROWS]
    return "".join(parts)


LAYERS_HEADING = "| class | as layers | how, or why not | as a graph |\n| --- | --- | --- | --- |\n"
LAYERS_INTRODUCTION = """\
# Layers

What becomes of each layer class of Keras 2 and Keras 3. As layers, for `tf.loadLayersModel`:

* **direct**: TF.js has the class and computes the same; options for which that is not so are rewritten.
* **rewritten**: expressed exactly with layers that TF.js has.
* **refused**: the conversion ends with an error that names the layer.

As a graph, for `tf.loadGraphModel` (`--output_format=tfjs_graph_model`): **yes** or **refused**.

Options that cannot be expressed are refused by name, whatever the class. Rows are tested against Keras 3 and
tf_keras in the real TF.js.
"""


def _title(family: object) -> str:
    return inspect.getdoc(family).splitlines()[0].rstrip(".")


def _layer_row(row: LayerClass, rule: Callable[..., object] | None, function: Callable[..., object] | None) -> str:
    from tensorflowjs.fitting.engine import Refusal

    if rule is None or isinstance(rule, Refusal):
        status, text = "refused", rule.reason if rule else "TF.js's layers have no such class"
    else:
        status, text = _status(_first_sentence(rule))
    shown = ", ".join(f"`{each}`" for each in (row.name, *row.aliases))
    graph = "yes" if row.name == "InputLayer" else _as_graph(function)  # an input of the signature
    return f"| {shown} | {status} | {_cell(text)} | {_cell(graph)} |\n"


def _as_graph(function: Callable[..., object] | None) -> str:
    from tensorflowjs.lowering.engine import Refusal

    if function is None:
        return "refused"
    return f"refused: {function.reason}" if isinstance(function, Refusal) else "yes"


# What the first words of a rule's docstring say of the whole class, and what of them need not be repeated.
STATUS = (
    ("TF.js's class of the same name does the same.", "direct", True),
    ("As it is", "direct", False),
    ("Kept", "direct", False),
    ("Refused: ", "refused", True),
)


def _status(text: str) -> tuple[str, str]:
    for words, status, drop in STATUS:
        if text.startswith(words):
            return status, text.removeprefix(words) if drop else text
    return "rewritten", text


def _first_sentence(rule: Callable[..., object]) -> str:
    return (inspect.getdoc(rule) or "").split("\n\n")[0].replace("\n", " ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# ---------------------------------------------------------------------------- passes.md


def passes_page() -> str:
    from tensorflowjs.pipeline.optimisation import STAGES

    parts = [MADE, PASSES_INTRODUCTION]
    told: dict[str, str] = {}  # text -> name of the pass that it tells about
    names: set[str] = set()
    for stage, passes in STAGES.items():
        parts.append(f"\n## Stage: {stage}\n")
        again = [each.name for each in passes if each.name in names]
        if again:
            parts.append(f"\nAs before: {', '.join(f'`{name}`' for name in again)}. And:\n")
        parts += [_pass_section(each, told) for each in passes if each.name not in names]
        names |= {each.name for each in passes}
    return "".join(parts)


PASSES_INTRODUCTION = """\
# Passes of the optimiser

What is done to graphs to make them smaller and faster, in this order. Each stage is repeated until nothing changes any
more. No pass changes what a model returns, beyond the rounding of float32.

`--disable_pass NAME` leaves one out, `--passes NAME,NAME` runs only those, and `--passes ""` none. How many things each
has changed is shown by `tensorflowjs convert MODEL --dry-run`. How to read the text form of graphs, and how to write
a pass: [Writing a pass](writing-a-pass.md).
"""


def _pass_section(each: Pass, told: dict[str, str]) -> str:
    texts = _pass_texts(each, told) or [f"As shown under `{told[_module_text(each)]}`.\n"]
    return f"\n### `{each.name}`: {each.what}\n\n" + "\n".join(texts)


def _pass_texts(each: Pass, told: dict[str, str]) -> list[str]:
    """What is said of a pass for the first time: by its module, and by its functions where they show something."""
    whole = _module_text(each)
    texts = [] if whole in told else [whole]
    if whole in told or "->" not in whole:
        shown = [_text_form(inspect.getdoc(function) or "") for function in _functions(each)]
        texts += [text for text in dict.fromkeys(shown) if "->" in text and text not in told]
    told.update(dict.fromkeys(texts, each.name))
    return texts


def _functions(each: Pass) -> list[Callable[..., object]]:
    others = (work for work in (each.whole, each.model) if work is not None)
    return [_definition(function) for function in (*each.rules.values(), *others)]


def _module_text(each: Pass) -> str:
    return _text_form(inspect.getdoc(sys.modules[_functions(each)[0].__module__]) or "")


def _definition(rule: Callable[..., object]) -> Callable[..., object]:
    """The function with the docstring: of one made by a function, that one."""
    rule = getattr(rule, "func", rule)
    module = sys.modules[rule.__module__]
    return getattr(module, rule.__qualname__.partition(".")[0], rule)


def _text_form(text: str) -> str:
    """A docstring as Markdown: what is indented, or in the language of graphs, becomes a block of its own."""
    parts = []
    for is_graph, paragraphs in groupby(text.split("\n\n"), key=_is_graph):
        whole = "\n\n".join(paragraphs)
        parts.append(f"```text\n{textwrap.dedent(whole)}\n```\n" if is_graph else _closed(whole) + "\n")
    return "\n".join(parts)


def _is_graph(paragraph: str) -> bool:
    lines = paragraph.splitlines()
    marked = any(line.startswith(("%", "output ")) or "  ->" in line for line in lines)
    return marked or all(line.startswith("    ") for line in lines)


def _closed(paragraph: str) -> str:
    return paragraph if paragraph.endswith((".", ":", ";", ",")) or not paragraph else f"{paragraph}."


# ---------------------------------------------------------------------------- ops.md


def ops_page() -> str:
    return f"{MADE}{OPS_INTRODUCTION}{_taken_out()}{_running()}{_rewritten()}{_refused()}"


OPS_INTRODUCTION = """\
# Operations

What becomes of each operation of TensorFlow in a TF.js graph model.

* **Resolved**: gone before TF.js is asked.
* **Run**: TF.js has the op.
* **Rewritten**: TF.js lacks the op, or computes something else for some types, attributes or shapes. Then it is written
  exactly with ops that TF.js has. What needs a shape or a constant that is not known is refused.
* **Refused**: the conversion ends with one error that names all such nodes. `--skip_op_check` converts nevertheless,
  for those who register the op in JavaScript.

64-bit numbers become 32-bit ones. The tests in `tests/tfjs/op_cases/` compare each op with TensorFlow, in the real
TF.js.
"""


def _resolved() -> dict[str, tuple[str, ...]]:
    """What becomes of ops that passes take out before any rule looks at them."""
    from tensorflowjs.passes import cases, debugging, freezing, inlining

    return {
        "variables become constants": (*freezing.VARIABLES, "ReadVariableOp"),
        "calls become what the function does": inlining.CALLS,
        "choices among several branches become choices between two": cases.CASES,
        "what only checks, notes or copies goes": (*sorted(debugging.PASSES_ON | debugging.PRINTS), "Assert"),
    }


def _taken_out() -> str:
    rows = "".join(f"| {what} | {_codes(ops)} |\n" for what, ops in _resolved().items())
    return f"\n## Resolved\n\n| what happens | ops |\n| --- | --- |\n{rows}"


def _running() -> str:
    from tensorflowjs.catalog.ops import tfjs_ops

    families: dict[str, list[str]] = {}
    for name, row in tfjs_ops().items():
        if row.runs:
            families.setdefault(row.category.replace("_", " "), []).append(name)
    rows = "".join(f"| {family} | {_codes(sorted(names))} |\n" for family, names in sorted(families.items()))
    return f"\n## Run\n\n| family | ops |\n| --- | --- |\n{rows}{_lacking()}"


def _lacking() -> str:
    from tensorflowjs.catalog.ops import tfjs_ops

    lacking: dict[tuple[str, ...], list[str]] = {}
    for name, row in tfjs_ops().items():
        if row.runs and row.missing:
            lacking.setdefault(tuple(sorted(row.missing)), []).append(name)
    rows = "".join(f"| {', '.join(where)} | {_codes(sorted(names))} |\n" for where, names in sorted(lacking.items()))
    head = (
        "\nSome backends lack some of them; the summary of a conversion says so:\n\n| not on | ops |\n| --- | --- |\n"
    )
    return head + rows


def _rewritten() -> str:
    from tensorflowjs.passes import rewrites

    parts = ["\n## Rewritten\n"]
    for family in rewrites._FAMILIES:
        parts.append(f"\n### {_title(family)}\n\n| op | how |\n| --- | --- |\n")
        rules: dict[str, list[str]] = {}
        for op, rule in family.RULES.items():
            rules.setdefault(_first_sentence(_definition(rule)), []).append(op)
        parts += [f"| {_codes(ops)} | {_cell(text) or 'as the title says'} |\n" for text, ops in rules.items()]
    return "".join(parts)


def _refused() -> str:
    from tensorflowjs.catalog.ops import tensorflow_ops, tfjs_ops
    from tensorflowjs.catalog.unsupported import Reason, reason
    from tensorflowjs.passes.rewrites import rules

    found: dict[Reason, list[str]] = {}
    known = (
        {name for name, row in tfjs_ops().items() if row.runs}
        | set(rules())
        | {op for ops in _resolved().values() for op in ops}
    )
    for op in sorted(set(tensorflow_ops()) - known):
        if not op.startswith("_"):
            found.setdefault(reason(op), []).append(op)
    rest = reason("Abort")
    count = len(found.pop(rest))
    rows = "".join(
        f"| {_cell(why.what)} | {_cell(why.hint)} | {_codes(ops)} |\n"
        for why, ops in sorted(found.items(), key=lambda item: item[0].what)
    )
    end = f"\nThe other {count:,} ops of TensorFlow, mostly for training and for reading data, TF.js does not have.\n"
    return f"\n## Refused\n\n| why | what to do | ops |\n| --- | --- | --- |\n{rows}{end}"


def _codes(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


# ---------------------------------------------------------------------------- command.md


def command_page() -> str:
    from tensorflowjs.cli.arguments import parser as converter
    from tensorflowjs.cli.main import COMMANDS, overview, parser

    # argparse wraps at the width of the terminal, and from Python 3.14 on paints for one.
    os.environ.update(COLUMNS="100", PYTHON_COLORS="0")
    parts = [MADE, COMMAND_INTRODUCTION, "## tensorflowjs\n\n", _help(overview())]
    for name in COMMANDS:
        parts += [f"\n## tensorflowjs {name}\n\n", _help(parser(name))]
    return "".join([*parts, "\n## tensorflowjs_converter\n\n", _help(converter()), COMMAND_END])


COMMAND_INTRODUCTION = """\
# The commands

`tensorflowjs` does everything; `tensorflowjs_converter` and `tensorflowjs_wizard` are the names of old. All of them end
with 0 when all went well, 1 when something is wrong with a model, 2 when the command makes no sense.

"""

COMMAND_END = """\

## tensorflowjs_wizard

The same as `tensorflowjs wizard`.
"""


def _help(made: argparse.ArgumentParser) -> str:
    """What `--help` prints; how it wraps the usage depends on the version of Python, so that is written anew."""
    words = [action.metavar or action.dest for action in made._actions if not action.option_strings]
    words = ["|".join(map(str, word)) if isinstance(word, tuple) else str(word) for word in words]
    usage = " ".join([made.prog, "[options]", *words])
    return f"```text\n{usage}\n\n{made.format_help().partition(chr(10) * 2)[2]}```\n"


PAGES: dict[str, Callable[[], str]] = {
    "layers.md": layers_page,
    "passes.md": passes_page,
    "ops.md": ops_page,
    "command.md": command_page,
}


def outdated() -> Iterator[Path]:
    for name, page in PAGES.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != page():
            yield path


def main() -> int:
    if "--check" in sys.argv[1:]:
        stale = list(outdated())
        for path in stale:
            print(f"{path.name} is out of date: run `python tools/docs.py`.")
        return 1 if stale else 0
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
