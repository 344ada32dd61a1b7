"""Operations that TensorFlow does not have, inside functions, where an input names an output argument of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensorflowjs
from tensorflowjs import events
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.graph import GraphModel
from tests.readers.test_frozen_graph import read as read_frozen
from tests.readers.test_saved_model import read as read_saved_model

GRAPH = """
node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: 1 }} }} }}
node {{ name: "call" op: "PartitionedCall" input: "x" attr {{ key: "f" value {{ func {{ name: "f" }} }} }} }}
library {{ function {{
  signature {{ name: "f" input_arg {{ name: "a" type: 1 }} output_arg {{ name: "r" type: 1 }} }}
  node_def {{ name: "mine" op: "MyOwn" input: "a" attr {{ key: "N" value {{ i: 2 }} }} }}
  {more}
  ret {{ key: "r" value: "{result}" }}
}} }}
"""
DEFINITION = """
op {
  name: "MyOwn" input_arg { name: "x" type: 1 }
  output_arg { name: "several" type: 1 number_attr: "N" } output_arg { name: "last" type: 1 }
  attr { name: "N" type: "int" } attr { name: "scale" type: "float" default_value { f: 0.5 } }
}
"""
SAVED = """
meta_graphs {{
  meta_info_def {{ stripped_op_list {{ {definition} }} tags: "serve" }}
  graph_def {{ {graph} }}
  signature_def {{ key: "serving_default" value {{
    inputs {{ key: "x" value {{ name: "x:0" dtype: 1 }} }} outputs {{ key: "y" value {{ name: "call:0" dtype: 1 }} }}
  }} }}
}}
"""


def frozen(folder: Path, result: str, more: str = "") -> Path:
    path = folder / "graph.pbtxt"
    path.write_text(GRAPH.format(result=result, more=more).lstrip())
    return path


def saved(folder: Path, result: str) -> Path:
    graph = GRAPH.format(result=result, more="")
    (folder / "saved_model.pbtxt").write_text(SAVED.format(definition=DEFINITION, graph=graph))
    return folder


def result(model: GraphModel) -> tuple[str, int]:
    (value,) = model.functions["f"].outputs
    return value.node.name, value.index


@pytest.mark.parametrize(("name", "index"), [("mine:several:1", 1), ("mine:last:0", 2)])
def test_the_definition_in_the_file_tells_the_outputs(name: str, index: int, tmp_path: Path) -> None:
    model = read_saved_model(saved(tmp_path, name))
    assert result(model) == ("mine", index)
    assert model.functions["f"].nodes["mine"].attrs == {"N": 2, "scale": 0.5}


def test_without_a_definition_the_only_output_is_the_first(tmp_path: Path) -> None:
    notes: list[events.Event] = []
    with events.listening(notes.append):
        assert result(read_frozen(frozen(tmp_path, "mine:last:0"), output_node_names="call")) == ("mine", 0)
    assert [note.text for note in notes if isinstance(note, events.Note)] == [
        "MyOwn is no operation of TensorFlow; last is taken for its first output"
    ]


def test_without_a_definition_several_outputs_are_refused(tmp_path: Path) -> None:
    more = 'node_def { name: "next" op: "Relu" input: "mine:several:0" attr { key: "T" value { type: 1 } } }'
    with pytest.raises(UnsupportedError, match="MyOwn in mine: the file does not say which outputs it has"):
        read_frozen(frozen(tmp_path, "mine:last:0", more), output_node_names="call")


@pytest.mark.parametrize("kind", ["saved", "frozen"])
def test_the_check_of_operations_names_it(kind: str, tmp_path: Path) -> None:
    path = saved(tmp_path, "mine:last:0") if kind == "saved" else frozen(tmp_path, "mine:last:0")
    with pytest.raises(UnsupportedError, match="MyOwn in call/mine: "):
        tensorflowjs.convert(path, tmp_path / "web", "tf_saved_model" if kind == "saved" else "tf_frozen_model")
    assert not (tmp_path / "web").exists()
