"""Writes the reference pages of docs/ from the code they describe; `--check` says if they are out of date.

python tools/docs.py           write
python tools/docs.py --check   exit 1 if a page on disk differs
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "<!-- Made by tools/docs.py from the code. Edit that, then run it. -->\n"


def layers_page() -> str:
    from tensorflowjs.catalog.layers import FAMILIES
    from tensorflowjs.fitting.rules import all_rules

    rules = all_rules()
    parts = [MADE, LAYERS_INTRODUCTION]
    for family in FAMILIES:
        parts.append(f"\n## {_title(family)}\n\n| class | in TF.js | how, or why not |\n| --- | --- | --- |\n")
        parts += [_layer_row(row.name, row.aliases, rules.get(row.name)) for row in family.ROWS]
    return "".join(parts)


LAYERS_INTRODUCTION = """\
# Layers

What becomes of each layer class of Keras 2 and Keras 3 in a TF.js layers model.

* **direct**: TF.js has the class and computes the same; options for which that is not so are rewritten.
* **rewritten**: expressed exactly with layers that TF.js has.
* **refused**: the conversion ends with an error that names the layer. A graph model
  (`--output_format=tfjs_graph_model`) can hold many of them.

Options that cannot be expressed are refused by name, whatever the class. Rows are tested against Keras 3 and
tf_keras in the real TF.js.
"""


def _title(family: object) -> str:
    return inspect.getdoc(family).splitlines()[0].rstrip(".")


def _layer_row(name: str, aliases: tuple[str, ...], rule: Callable[..., object] | None) -> str:
    from tensorflowjs.fitting.engine import Refusal

    if rule is None or isinstance(rule, Refusal):
        status, text = "refused", rule.reason if rule else "TF.js's layers have no such class"
    else:
        status, text = _status(_first_sentence(rule))
    shown = ", ".join(f"`{each}`" for each in (name, *aliases))
    return f"| {shown} | {status} | {_cell(text)} |\n"


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


def command_page() -> str:
    from tensorflowjs.cli.arguments import parser

    os.environ["COLUMNS"] = "100"
    # How the usage lines wrap depends on the version of Python.
    text = parser().format_help().partition("\n\n")[2]
    return f"{MADE}# tensorflowjs_converter\n\n```text\n{text}```\n"


PAGES: dict[str, Callable[[], str]] = {"layers.md": layers_page, "command.md": command_page}


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
