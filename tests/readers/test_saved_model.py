"""SavedModels of every TensorFlow since 1.8: the graph that is read computes what TensorFlow computed."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs import events
from tensorflowjs.errors import ConversionError, CorruptInputError, MissingInputError, UnsupportedError, UsageError
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.readers import saved_model
from tests.readers.in_tensorflow import run

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
MODELS = sorted(
    path.with_suffix("") for path in FIXTURES.glob("*/*.npz") if path.stem not in ("forest", "frozen", "hub", "keras")
)
NEWEST = FIXTURES / "tf-2.19"


def read(path: Path, **options: Any) -> GraphModel:
    with ExitStack() as stack:
        return saved_model.read(path, stack, **options)


def name(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


def arrays(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(path.with_name(path.name + ".npz")) as file:
        stored = {key: file[key].astype(object) if file[key].dtype.kind == "S" else file[key] for key in file}
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for key, value in stored.items():
        side, _, rest = key.partition(":")
        sides[side == "out"][rest] = value
    return sides


def assert_same(got: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(got) == sorted(expected)
    for key, value in expected.items():
        if value.dtype == object:
            assert got[key].tolist() == value.tolist()
        else:
            np.testing.assert_allclose(got[key], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_computes_what_tensorflow_computed(path: Path) -> None:
    inputs, outputs = arrays(path)
    assert_same(run(read(path), inputs), outputs)


def test_there_are_models_of_every_line() -> None:
    made = {path.parent.name for path in MODELS}
    assert {"tf-1.8", "tf-1.13", "tf-1.15", "tf-2.6", "tf-2.12", "tf-2.15", "tf-2.19", "tf-2.20", "tf-2.21"} <= made


def test_names_and_order_of_inputs_and_outputs() -> None:
    model = read(NEWEST / "module")
    assert [node.name for node in model.graph.inputs] == ["words", "x"]
    assert [value.node.name for value in model.graph.outputs] == ["Identity", "Identity_1", "Identity_2", "Identity_3"]
    assert [port.key for port in model.signature.outputs] == ["also", "ids", "names", "y"] == model.structured_outputs
    assert [port.type.name for port in model.signature.outputs] == ["float32", "int64", "string", "float32"]
    assert [port.shape.dims for port in model.signature.inputs] == [(None,), (None, 3)]
    assert model.producer is not None and model.producer.startswith("2.19")


def test_only_what_is_needed_is_kept() -> None:
    model = read(NEWEST / "module", signature_name="double")
    assert [node.name for node in model.graph.inputs] == ["a", "b"]
    assert model.initializer is None
    assert not any(node.op == "VarHandleOp" for node in model.graph.nodes.values())
    a, b = np.array([1, 2], "f"), np.array([5, 7], "f")
    np.testing.assert_array_equal(run(model, {"a": a, "b": b})["output_0"], [9, 12])
    tables = [node for node in (read(NEWEST / "module").initializer or model.graph).nodes.values() if "Hash" in node.op]
    assert len(tables) == 2  # the third is not used


def test_tensorflow_1_keeps_its_names() -> None:
    model = read(FIXTURES / "tf-1.15" / "variables")
    assert [node.name for node in model.graph.inputs] == ["x"]
    nodes = [value.node for value in model.graph.outputs]
    assert len(set(nodes)) == 4  # each output has a node of its own
    assert not any(node.op == "PlaceholderWithDefault" for node in model.graph.nodes.values())


def test_a_variable_is_a_region_of_its_file() -> None:
    variables = [node for node in read(NEWEST / "module").graph.nodes.values() if node.op == "VarHandleOp"]
    assert len(variables) == 3
    for node in variables:
        value = node.attrs["value"]
        assert value.region() is not None  # type: ignore[union-attr]


# ---------------------------------------------------------------------------- what cannot be read


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(NEWEST / "module", tmp_path / "model"))


def test_unknown_signature_and_tags(copy: Path) -> None:
    with pytest.raises(UsageError, match=r'no signature "predict"(.|\n)*"double", "serving_default"'):
        read(copy, signature_name="predict")
    with pytest.raises(UsageError, match=r'no graph with the tags "gpu,serve"(.|\n)*There are: "serve"'):
        read(copy, saved_model_tags="serve,gpu")


def test_no_signatures_at_all() -> None:
    with pytest.raises(UsageError, match=r'no signatures at all\.\nIts functions are: "double"\. Choose one with'):
        read(NEWEST / "no_signatures")
    with pytest.raises(UsageError, match=r'nor a function "triple"\.\nIts functions are: "double"'):
        read(NEWEST / "no_signatures", signature_name="triple")


def test_neither_signatures_nor_functions(copy: Path) -> None:
    def edit(meta: Any) -> None:
        meta.signature_def.clear()
        meta.object_graph_def.Clear()

    with pytest.raises(UsageError, match=r"no signatures at all\.\nSave it with tf\.saved_model\.save"):
        read(edited(copy, edit))


def test_a_function_without_a_signature_can_be_named() -> None:
    saved = FIXTURES / "tf-2.21" / "no_signatures"
    x = np.random.default_rng(3).normal(size=(4, 2)).astype("f")
    got = run(read(saved, signature_name="double"), {"x": x})
    loaded = tf.saved_model.load(saved)
    np.testing.assert_allclose(got["output_0"], loaded.double(x), rtol=1e-6)


def test_what_is_called_stands_for_the_signature_that_is_missing() -> None:
    notes: list[events.Event] = []
    with events.listening(notes.append):
        model = read(FIXTURES / "tf-2.21" / "called")
    assert [note.text for note in notes if isinstance(note, events.Note)] == [
        'no signature was saved for the function "__call__"; it is converted as if it had one'
    ]
    assert [(port.key, port.type.name, port.shape.dims) for port in model.signature.inputs] == [
        ("words", "string", (None,)),
        ("x", "float32", (None, 3)),
    ]
    assert [port.key for port in model.signature.outputs] == ["ids", "y"]


def test_functions_that_can_be_called_in_several_ways(tmp_path: Path) -> None:
    model = tf.Module()
    model.__call__ = tf.function(lambda x: x * 2.0)
    for shape in ([None], [None, 3]):
        model.__call__.get_concrete_function(tf.TensorSpec(shape))
    tf.saved_model.save(model, str(tmp_path / "m"))
    with pytest.raises(UsageError, match='"__call__" has no signature, and more or less than one way to be called'):
        read(tmp_path / "m")


def test_an_object_graph_that_contradicts_itself(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FIXTURES / "tf-2.21" / "called", tmp_path / "m"))

    def captured(number: int) -> Any:
        def edit(meta: Any) -> None:
            for concrete in meta.object_graph_def.concrete_functions.values():
                if len(concrete.bound_inputs) > 3:
                    concrete.bound_inputs[0] = number

        return edit

    with pytest.raises(UnsupportedError, match="object 99999 of the model, which is nothing"):
        read(edited(folder, captured(99999)))
    with pytest.raises(UnsupportedError, match="object 0 of the model, which is user_object"):
        read(edited(folder, captured(0)))


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"no saved_model\.pb"):
        read(tmp_path)


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_a_message_that_is_cut_off(copy: Path, size: int) -> None:
    file = copy / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ConversionError):
        read(copy)


def test_missing_and_truncated_parts_of_the_checkpoint(copy: Path) -> None:
    shard = copy / "variables" / "variables.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:10])
    with pytest.raises(CorruptInputError, match="lies beyond the end"):
        read(copy)
    shard.unlink()
    with pytest.raises(MissingInputError, match=r"the shard .* is missing"):
        read(copy)
    (copy / "variables" / "variables.index").unlink()
    with pytest.raises(MissingInputError, match="the index of the checkpoint is missing"):
        read(copy)


def test_an_index_that_does_not_match_its_checksum(copy: Path) -> None:
    index = copy / "variables" / "variables.index"
    data = bytearray(index.read_bytes())
    data[20] ^= 1
    index.write_bytes(data)
    with pytest.raises(CorruptInputError, match="checksum"):
        read(copy)


def test_values_that_do_not_match_their_checksum(copy: Path) -> None:
    shard = copy / "variables" / "variables.data-00000-of-00001"
    data = bytearray(shard.read_bytes())
    data[5] ^= 1
    shard.write_bytes(data)
    with pytest.raises(CorruptInputError, match=r"variables: .* do not match their checksum"):
        read(copy)


def test_a_missing_and_a_short_asset(copy: Path) -> None:
    asset = copy / "assets" / "vocabulary.txt"
    asset.unlink()
    with pytest.raises(MissingInputError, match=r"vocabulary\.txt: this asset .* is missing"):
        read(copy)


def test_the_text_form(copy: Path) -> None:
    from google.protobuf import text_format
    from tensorflow.core.protobuf import saved_model_pb2

    binary = copy / "saved_model.pb"
    proto = saved_model_pb2.SavedModel.FromString(binary.read_bytes())
    (copy / "saved_model.pbtxt").write_text(text_format.MessageToString(proto))
    binary.unlink()
    inputs, outputs = arrays(NEWEST / "module")
    assert_same(run(read(copy), inputs), outputs)


# ---------------------------------------------------------------------------- messages made to mislead


def edited(copy: Path, edit: Any) -> Path:
    from tensorflow.core.protobuf import saved_model_pb2

    file = copy / "saved_model.pb"
    proto = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    edit(proto.meta_graphs[0])
    file.write_bytes(proto.SerializeToString())
    return copy


def test_functions_that_call_each_other_without_end(copy: Path) -> None:
    def edit(meta: Any) -> None:
        restore = next(node for node in meta.graph_def.node if node.name == meta.saver_def.restore_op_name)
        name = restore.attr["f"].func.name
        function = next(each for each in meta.graph_def.library.function if each.signature.name == name)
        for number in range(3):
            node = function.node_def.add(name=f"again{number}", op="StatefulPartitionedCall")
            node.attr["f"].func.name = name

    with pytest.raises(CorruptInputError, match="calls itself"):
        read(edited(copy, edit))


def test_an_asset_outside_of_the_model(copy: Path) -> None:
    def edit(meta: Any) -> None:
        meta.asset_file_def[0].filename = "../../secret"

    with pytest.raises(CorruptInputError, match="outside"):
        read(edited(copy, edit))


def test_a_signature_of_tensors_that_do_not_exist(copy: Path) -> None:
    def edit(meta: Any) -> None:
        meta.signature_def["serving_default"].outputs["y"].name = "nowhere:0"

    with pytest.raises(CorruptInputError, match="nothing named 'nowhere:0'"):
        read(edited(copy, edit))


def test_sparse_inputs(copy: Path) -> None:
    def edit(meta: Any) -> None:
        meta.signature_def["serving_default"].inputs["x"].coo_sparse.values_tensor_name = "a:0"

    with pytest.raises(ConversionError, match="it is a sparse tensor"):
        read(edited(copy, edit))


def test_a_fed_value_in_the_middle_of_the_graph(tmp_path: Path) -> None:
    graph = tf.Graph()
    v1 = tf.compat.v1
    with graph.as_default(), v1.Session() as session:
        raw = v1.placeholder(tf.string, [None], "raw")
        decoded = tf.io.decode_raw(raw, tf.float32, name="decoded")
        result = decoded * 3.0
        info = v1.saved_model.utils.build_tensor_info
        signature = v1.saved_model.build_signature_def({"numbers": info(decoded)}, {"tripled": info(result)}, "m")
        builder = v1.saved_model.Builder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"only": signature})
        builder.save()
    model = read(tmp_path / "m")  # the only signature need not be named
    assert [node.op for node in model.graph.inputs] == ["Placeholder"]
    np.testing.assert_array_equal(run(model, {"numbers": np.array([[2]], "f")})["tripled"], [[6]])
