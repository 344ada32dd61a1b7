"""Messages from our own .proto files, beside TensorFlow's own in one process."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import saved_model_pb2, trackable_object_graph_pb2

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.protobuf import message, parse, parse_text

THEIRS = {
    ("graph", "GraphDef"): graph_pb2.GraphDef,
    ("saved_model", "SavedModel"): saved_model_pb2.SavedModel,
    ("checkpoint", "TrackableObjectGraph"): trackable_object_graph_pb2.TrackableObjectGraph,
}


@pytest.mark.parametrize(("file", "name"), THEIRS)
def test_fields_have_the_numbers_and_types_of_tensorflow(file: str, name: str) -> None:
    compared: set[str] = set()

    def compare(ours: object, theirs: object) -> None:
        if ours.full_name in compared:  # type: ignore[attr-defined]
            return
        compared.add(ours.full_name)  # type: ignore[attr-defined]
        for field in ours.fields:  # type: ignore[attr-defined]
            other = theirs.fields_by_number[field.number]  # type: ignore[attr-defined]
            where = f"{field.full_name} = {field.number}"
            assert other.name == field.name, where
            assert other.label == field.label, where
            # What means the same in bytes: dtypes are numbers for us, messages we do not look into are bytes.
            same = {(other.TYPE_ENUM, field.TYPE_INT32), (other.TYPE_MESSAGE, field.TYPE_BYTES)}
            assert other.type == field.type or (other.type, field.type) in same, where
            if field.message_type is not None:
                compare(field.message_type, other.message_type)

    compare(message(file, name).DESCRIPTOR, THEIRS[file, name].DESCRIPTOR)
    assert compared


def test_text_form() -> None:
    theirs = graph_pb2.GraphDef()
    node = theirs.node.add(name="DT_FLOAT", op="Const")
    node.attr["dtype"].type = 101
    node.attr["value"].tensor.dtype = 7
    node.attr["value"].tensor.string_val.append(b"DT_INT32 \" ' \\ \xff\n")
    ours = parse_text("graph", "GraphDef", text_format.MessageToString(theirs).encode(), "file")
    assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


def test_damage() -> None:
    with pytest.raises(CorruptInputError, match=r"file: it is damaged or cut off \(GraphDef expected\)"):
        parse("graph", "GraphDef", b"\x0a\xff", "file")
    for text in (b"node {", b"\xff", b"node: 3", b'node { name: "a }'):
        with pytest.raises(CorruptInputError, match="file: it is no GraphDef in text form"):
            parse_text("graph", "GraphDef", text, "file")
