"""What the guides show works: commands parse, flags exist, Python runs, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tensorflowjs
from tensorflowjs.catalog.layers import LAYERS
from tensorflowjs.cli import arguments, main
from tensorflowjs.fitting import rules
from tensorflowjs.lowering import tables
from tests.written_models import entry, functional, input_layer, write_keras

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {path.relative_to(ROOT).as_posix(): path for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])}
FOR_DEVELOPERS = {"CONTRIBUTING.md", "docs/performance.md"}  # with flags of other programs
FLAG = re.compile(r"`(--[a-z][\w-]*)")


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def pages_with(language: str) -> list[str]:
    return [name for name, path in GUIDES.items() if blocks(path, language)]


# ---------------------------------------------------------------------------- commands


def commands(path: Path) -> Iterator[list[str]]:
    """The words of each command of ours, without what the shell takes."""
    for line in "\n".join(blocks(path, "sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] in ("tensorflowjs", "tensorflowjs_converter"):
            yield words[: words.index(">")] if ">" in words else words


def parse(words: list[str]) -> Any:
    if words[0] == "tensorflowjs_converter":
        return arguments.parse(words[1:])
    own = getattr(main.module(words[1]), "parse", None)
    return own(words[2:]) if own else main.parser(words[1]).parse_args(words[2:])


@pytest.mark.parametrize("page", pages_with("sh"))
def test_commands_parse(page: str) -> None:
    for words in commands(GUIDES[page]):
        parse(words)


def test_commands_are_found() -> None:
    assert sum(len(list(commands(path))) for path in GUIDES.values()) > 30


def flags() -> set[str]:
    parsers = [arguments.parser(), *(main.parser(name) for name in main.COMMANDS)]
    return {flag for parser in parsers for action in parser._actions for flag in action.option_strings}


@pytest.mark.parametrize("page", [name for name in GUIDES if name not in FOR_DEVELOPERS])
def test_flags_exist(page: str) -> None:
    assert set(FLAG.findall(GUIDES[page].read_text(encoding="utf-8"))) <= flags()


# ---------------------------------------------------------------------------- Python


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the guides talk about."""
    folder = tmp_path_factory.mktemp("models")
    fixtures = ROOT / "tests" / "fixtures"
    shutil.copy(ROOT / "examples" / "shapes" / "shapes.keras", folder / "model.keras")
    shutil.copy(fixtures / "keras" / "keras-3.15.1" / "cnn.h5", folder / "model.h5")
    shutil.copytree(fixtures / "tensorflow" / "tf-2.19" / "module", folder / "saved_model")
    tensorflowjs.convert(folder / "model.keras", folder / "web_model")
    return folder


def with_their_needs(pages: list[str]) -> list[Any]:
    """Keras and JAX are only there where others are compared with."""
    live = re.compile(r"^import keras|load_keras_model|convert_jax", re.MULTILINE)
    return [
        pytest.param(page, marks=pytest.mark.oracle)
        if any(live.search(block) for block in blocks(GUIDES[page], "python"))
        else page
        for page in pages
    ]


@pytest.mark.parametrize("page", with_their_needs(pages_with("python")))
def test_python_runs(page: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(models, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    run(page, **(flax_model() if page == "docs/jax.md" else {}))


def flax_model() -> dict[str, Any]:
    """What the reader of the guide for JAX has at hand."""
    import flax.linen
    import jax

    module = flax.linen.Dense(2)
    return {"module": module, "variables": module.init(jax.random.key(0), jax.numpy.zeros((1, 224, 224, 3)))}


def run(page: str, **given: Any) -> dict[str, Any]:
    """Everything that the blocks of a page define, one after the other."""
    names: dict[str, Any] = {"__name__": "guide", **given}
    for block in blocks(GUIDES[page], "python"):
        exec(compile(block, page, "exec", dont_inherit=True), names)
    return names


def test_pass_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    run("docs/writing-a-pass.md")
    assert capsys.readouterr().out.count("Relu") == 1


@pytest.mark.parametrize(
    ("target", "what"),
    [("tfjs_layers_model", '"class_name":"Add"'), ("tfjs_graph_model", '"op":"Mul"')],
    ids=["layers", "graph"],
)
def test_layer_of_the_guide(target: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer that the guide adds, once it is in the tables, can be converted both ways."""
    names = run("docs/adding-a-layer.md")
    catalog, fitting = names["ROWS"], names["RULES"]
    monkeypatch.setitem(LAYERS, "Doubling", catalog[0])
    monkeypatch.setattr(rules, "FAMILIES", (*rules.FAMILIES, fitting))
    monkeypatch.setattr(tables, "FAMILIES", (*tables.FAMILIES, names["LAYERS"]))
    layers = [input_layer("x", 4), entry("Doubling", "twice", ["x"])]
    model = write_keras(tmp_path / "model.keras", functional(layers, ["x"], ["twice"]), {})
    tensorflowjs.convert(model, tmp_path / "web", output_format=target)
    assert what in (tmp_path / "web" / "model.json").read_text().replace('": "', '":"')


# ---------------------------------------------------------------------------- links


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", GUIDES)
def test_links_lead_somewhere(page: str) -> None:
    path = GUIDES[page]
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file) if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
