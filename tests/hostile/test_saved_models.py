"""Damaged and misleading SavedModels, checkpoints, frozen graphs and Hub archives."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError, CorruptInputError, InputError, MissingInputError, UnsupportedError
from tensorflowjs.formats import tar
from tensorflowjs.formats.crc32c import masked_crc32c
from tensorflowjs.formats.protobuf import message
from tensorflowjs.formats.sstable import MAGIC, entries
from tests.hostile.test_broken_files import tree

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
CALLED = FIXTURES / "tf-2.21" / "called"
MODULE = FIXTURES / "tf-2.21" / "module"
VARIABLES = FIXTURES / "tf-1.15" / "variables"
FROZEN = FIXTURES / "tf-1.15" / "frozen.pb"
MIB = 1 << 20


def refused(source: Path, folder: Path, error: type[ConversionError], *needles: str, **options: Any) -> None:
    """Converting `source` ends in one error that holds `needles`, in little memory, and writes nothing."""
    before = tree(folder)
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            tensorflowjs.convert(source, folder / "web" / "model", **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not [needle for needle in needles if needle not in str(caught.value)], str(caught.value)
    assert len(str(caught.value)) < 2000
    assert peak < 64 * MIB
    assert tree(folder) == before


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CALLED, tmp_path / "model"))


def edited(folder: Path, edit: Callable[[Any], None]) -> Path:
    """The SavedModel in `folder` after `edit` has changed its MetaGraphDef."""
    file = folder / "saved_model.pb"
    proto = message("saved_model", "SavedModel").FromString(file.read_bytes())
    edit(proto.meta_graphs[0])
    file.write_bytes(proto.SerializeToString())
    return folder


# ------------------------------------------------------------------------------------- parts that lack or are cut off


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", tmp_path, MissingInputError, "no saved_model.pb", input_format="tf_saved_model")
    refused(tmp_path / "empty", tmp_path, MissingInputError, "no saved_model.pb", input_format="tf_hub")


def test_a_model_in_chunks(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.cpb").write_bytes(b"\x00")
    refused(tmp_path / "model", tmp_path, UnsupportedError, "split into chunks", "without experimental_image_format")


def test_messages_cut_off_anywhere(copy: Path) -> None:
    file = copy / "saved_model.pb"
    data = file.read_bytes()
    for size in [*range(12), *range(12, len(data), 97), len(data) - 1]:
        file.write_bytes(data[:size])
        with pytest.raises(ConversionError):
            tensorflowjs.convert(copy, copy / "out")


def test_an_index_cut_off_anywhere(copy: Path) -> None:
    file = copy / "variables" / "variables.index"
    data = file.read_bytes()
    for size in range(len(data)):
        file.write_bytes(data[:size])
        with pytest.raises(CorruptInputError):
            tensorflowjs.convert(copy, copy / "out")


def test_a_shard_that_is_cut_off_or_missing(copy: Path, tmp_path: Path) -> None:
    shard = copy / "variables" / "variables.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:20])
    refused(copy, tmp_path, CorruptInputError, "lies beyond the end", "cut off")
    shard.unlink()
    refused(copy, tmp_path, MissingInputError, "variables.data-00000-of-00001 is missing", "Copy the whole folder")


def test_a_flipped_bit_in_values_and_in_strings(copy: Path, tmp_path: Path) -> None:
    shard = copy / "variables" / "variables.data-00000-of-00001"
    data = shard.read_bytes()
    for at in (1, len(data) - 10):  # of a variable, and of the object graph, a string
        shard.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        refused(copy, tmp_path, CorruptInputError, "do not match their checksum", "copy or download it again")


def test_an_asset_that_is_a_folder(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODULE, tmp_path / "model"))
    asset = folder / "assets" / "vocabulary.txt"
    asset.unlink()
    refused(folder, tmp_path, MissingInputError, "vocabulary.txt", "is missing")
    asset.mkdir()
    refused(folder, tmp_path, InputError, "vocabulary.txt")


# ------------------------------------------------------------------------------------- graphs that mislead


def function(meta: Any, name: str, *calls: str, op: str = "PartitionedCall") -> None:
    """Add a function of one argument that calls others one after another."""
    made = meta.graph_def.library.function.add()
    made.signature.name = name
    made.signature.input_arg.add(name="a", type=1)
    made.signature.output_arg.add(name="r", type=1)
    result = "a"
    for number, called in enumerate(calls):
        node = made.node_def.add(name=f"n{number}", op=op, input=[result])
        _call(node, called, op)
        result = f"n{number}:output:0"
    made.ret["r"] = result


def _call(node: Any, called: str, op: str) -> None:
    for key in ("cond", "body") if op == "While" else ("f",):
        node.attr[key].func.name = called
    for key in ("T",) if op == "While" else ("Tin", "Tout"):
        node.attr[key].list.type.append(1)


def calling(meta: Any, name: str, op: str = "PartitionedCall") -> None:
    """Let the only signature be a call of the function."""
    x = meta.graph_def.node.add(name="given", op="Placeholder")
    x.attr["dtype"].type = 1
    _call(meta.graph_def.node.add(name="calls", op=op, input=["given"]), name, op)
    row = meta.signature_def["serving_default"]
    row.inputs["x"].name, row.inputs["x"].dtype = "given:0", 1
    row.outputs["y"].name, row.outputs["y"].dtype = "calls:0", 1


def test_functions_that_call_each_other_in_a_circle(copy: Path, tmp_path: Path) -> None:
    def edit(meta: Any) -> None:
        function(meta, "one", "two")
        function(meta, "two", "one")
        calling(meta, "one")

    refused(edited(copy, edit), tmp_path, CorruptInputError, "calls itself, without end")


def test_a_loop_within_itself(copy: Path, tmp_path: Path) -> None:
    def edit(meta: Any) -> None:
        function(meta, "one", "one", op="While")
        calling(meta, "one", "While")

    refused(edited(copy, edit), tmp_path, CorruptInputError)


@pytest.mark.parametrize("where", ["signature", "initializer"])
def test_functions_that_double_with_every_call(where: str, copy: Path, tmp_path: Path) -> None:
    """40 small functions that stand for 2 to the power of 40 nodes."""

    def edit(meta: Any) -> None:
        for number in range(40):
            function(meta, f"f{number}", f"f{number + 1}", f"f{number + 1}")
        function(meta, "f40")
        calling(meta, "f0")
        if where == "initializer":
            meta.signature_def["__saved_model_init_op"].outputs["op"].name = "calls"

    with pytest.raises(CorruptInputError, match="functions within functions"):
        tensorflowjs.convert(edited(copy, edit), tmp_path / "out")


@pytest.mark.parametrize(
    ("size", "dtype"), [(1 << 62, 1), (1 << 40, 1), (1 << 29, 1), (1 << 30, 7), (-5, 1)], ids=lambda value: str(value)
)
def test_a_constant_of_absurd_size(size: int, dtype: int, copy: Path, tmp_path: Path) -> None:
    def edit(meta: Any) -> None:
        tensor = next(node for node in meta.graph_def.node if node.op == "Const").attr["value"].tensor
        tensor.Clear()
        tensor.dtype = dtype
        tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_shape.dim.add(size=2)
        (tensor.float_val if dtype == 1 else tensor.string_val).append(1.0 if dtype == 1 else b"x")

    refused(edited(copy, edit), tmp_path, CorruptInputError, f"the constant claims the shape [{size}, 2]")


def test_a_repeated_constant_is_never_in_memory_as_a_whole() -> None:
    from tensorflowjs.readers.tensor_proto import read_tensor

    proto = message("graph", "TensorProto")(dtype=1, float_val=[3.5, 4.5])
    proto.tensor_shape.dim.add(size=1 << 27)
    tracemalloc.start()
    chunks = read_tensor(proto, "here").chunks()
    first, second = next(chunks), next(chunks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert first[:3].tolist() == [3.5, 4.5, 4.5] and set(second.tolist()) == {4.5}
    assert peak < 64 * MIB


@pytest.mark.parametrize("name", ["x:99999999999", "x:output:99999999", "x:99999"])
def test_an_output_of_absurd_number(name: str, copy: Path, tmp_path: Path) -> None:
    def edit(meta: Any) -> None:
        for number in range(100):
            meta.graph_def.node.add(name=f"more{number}", op="IdentityN" if number else "NoOp")
        for number in range(1, 100):
            node = meta.graph_def.node.add(name=f"absurd{number}", op="Identity")
            node.input.append(name.replace("x", f"more{number}"))

    refused(edited(copy, edit), tmp_path, CorruptInputError)


def test_a_constant_without_a_value(copy: Path, tmp_path: Path) -> None:
    def edit(meta: Any) -> None:
        next(node for node in meta.graph_def.node if node.op == "Const").attr["value"].Clear()

    refused(edited(copy, edit), tmp_path, CorruptInputError, "has no value")


def test_a_message_nested_without_end(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    data = b""
    for _ in range(20_000):  # each a list within a list
        data = b"\x9a\x03" + _varint(len(data)) + data
        if len(data) > 200_000:
            break
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"\x12" + _varint(len(data)) + data + b"\xff")
    refused(tmp_path / "model", tmp_path, CorruptInputError, "damaged or cut off")


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


# ------------------------------------------------------------------------------------- checkpoints that mislead


def with_entry(folder: Path, edit: Callable[[Any], None], key: str) -> Path:
    """The SavedModel in `folder` after `edit` has changed what the index says of `key`."""
    index = folder / "variables" / "variables.index"
    rows = dict(entries(index.read_bytes(), "here"))
    entry = message("checkpoint", "BundleEntry").FromString(rows[key.encode()])
    edit(entry)
    rows[key.encode()] = entry.SerializeToString()
    index.write_bytes(table(list(rows.items())))
    return folder


def table(rows: list[tuple[bytes, bytes]], handles: int = 1) -> bytes:
    """A sorted string table of one block, which its index names `handles` times."""
    data = _block(rows)
    index = _block([(b"~", _varint(0) + _varint(len(data) - 5))] * handles)
    footer = _varint(0) + _varint(0) + _varint(len(data)) + _varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + MAGIC.to_bytes(8, "little")


def _block(rows: list[tuple[bytes, bytes]]) -> bytes:
    content = b"".join(_varint(0) + _varint(len(key)) + _varint(len(value)) + key + value for key, value in rows)
    content += (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0"
    return content + masked_crc32c(content).to_bytes(4, "little")


KERNEL = "kernel/.ATTRIBUTES/VARIABLE_VALUE"
OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"


def absurd_offset(entry: Any) -> None:
    entry.offset = 1 << 62


def negative_offset(entry: Any) -> None:
    entry.offset = -1


def absurd_size(entry: Any) -> None:
    entry.size = (1 << 63) - 1


def absurd_shape(entry: Any) -> None:
    for dim in entry.shape.dim:
        dim.size = 1 << 62


def absurd_slices(entry: Any) -> None:
    absurd_shape(entry)
    entry.slices.add().extent.add(start=0, length=1)


def absurd_slice(entry: Any) -> None:
    for start in (-(1 << 62), 1 << 62):
        entry.slices.add().extent.add(start=start, length=1 << 60)


def absurd_shard(entry: Any) -> None:
    entry.shard_id = -7


def strange_dtype(entry: Any) -> None:
    entry.dtype = 99


@pytest.mark.parametrize(
    ("edit", "error", "needle"),
    [
        (absurd_offset, CorruptInputError, "beyond the end"),
        (negative_offset, CorruptInputError, "beyond the end"),
        (absurd_size, CorruptInputError, "beyond the end"),
        (absurd_shape, CorruptInputError, "are stored for float32"),
        (absurd_slices, CorruptInputError, "slice"),
        (absurd_slice, CorruptInputError, "slice"),
        (absurd_shard, MissingInputError, "is missing"),
        (strange_dtype, UnsupportedError, "dtype number 99"),
    ],
)
def test_an_entry_that_makes_no_sense(
    edit: Callable[[Any], None], error: type[ConversionError], needle: str, copy: Path, tmp_path: Path
) -> None:
    refused(with_entry(copy, edit, KERNEL), tmp_path, error, needle)


def test_more_strings_than_there_are_bytes(copy: Path, tmp_path: Path) -> None:
    def edit(entry: Any) -> None:
        entry.shape.dim.add(size=1 << 50)

    refused(with_entry(copy, edit, OBJECTS), tmp_path, CorruptInputError, "are stored for strings")


def test_an_index_whose_blocks_lie_over_each_other(copy: Path, tmp_path: Path) -> None:
    index = copy / "variables" / "variables.index"
    rows = list(entries(index.read_bytes(), "here"))
    index.write_bytes(table(rows))
    tensorflowjs.convert(copy, tmp_path / "sound")
    index.write_bytes(table(rows, handles=50_000))
    refused(copy, tmp_path, CorruptInputError, "lie over each other")


def test_an_index_whose_names_grow_without_end(copy: Path, tmp_path: Path) -> None:
    first = b"k" * MIB
    content = _varint(0) + _varint(len(first)) + _varint(0) + first
    content += (_varint(len(first)) + _varint(1) + _varint(0) + b"x") * 100_000  # each as long as all before it
    content += (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0"
    data = content + masked_crc32c(content).to_bytes(4, "little")
    index = _block([(b"~", _varint(0) + _varint(len(content) - 1))])
    footer = _varint(0) + _varint(0) + _varint(len(data)) + _varint(len(index) - 5)
    path = copy / "variables" / "variables.index"
    path.write_bytes(data + index + footer.ljust(40, b"\0") + MAGIC.to_bytes(8, "little"))
    refused(copy, tmp_path, CorruptInputError, "names of an absurd size")


# ------------------------------------------------------------------------------------- archives


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME], ids=["file", "x", "L"])
def test_an_archive_that_unpacks_to_far_more(kind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "ALWAYS_ALLOWED", 16 * MIB)
    member = tarfile.TarInfo("saved_model.pb")
    member.type, member.size = kind, 40 * MIB
    with gzip.open(tmp_path / "module.tar.gz", "wb", compresslevel=9) as packed:
        packed.write(member.tobuf(tarfile.GNU_FORMAT))
        for _ in range(40):
            packed.write(bytes(MIB))
    refused(tmp_path / "module.tar.gz", tmp_path, CorruptInputError, "far more than a model", input_format="tf_hub")


def test_an_archive_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    member = tarfile.TarInfo("saved_model.pb")
    member.size = 1 << 60
    with gzip.open(tmp_path / "module.tar.gz", "wb") as packed:
        packed.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(1000))
    refused(tmp_path / "module.tar.gz", tmp_path, CorruptInputError, "damaged or cut off", input_format="tf_hub")


# ------------------------------------------------------------------------------------- anything at all

FILES = [
    (CALLED, "saved_model.pb"),
    (CALLED, "variables/variables.index"),
    (CALLED, "variables/variables.data-00000-of-00001"),
    (MODULE, "saved_model.pb"),
    (VARIABLES, "saved_model.pb"),
    (FIXTURES / "tf-1.15" / "tables", "saved_model.pb"),
    (FROZEN, ""),
]


@pytest.mark.parametrize(("model", "file"), FILES, ids=[f"{model.stem}-{Path(file).suffix}" for model, file in FILES])
def test_flipped_bytes_end_in_an_error_or_a_model(model: Path, file: str, tmp_path: Path) -> None:
    work = tmp_path / model.name
    shutil.copytree(model, work) if file else shutil.copy(model, work)
    path, chance = work / file if file else work, random.Random(f"{model.name}/{file}")
    data = path.read_bytes()
    errors = 0
    for _ in range(100):
        path.write_bytes(damaged(data, chance))
        try:
            tensorflowjs.convert(work, tmp_path / "out")
        except ConversionError as error:
            errors += 1
            assert "Traceback" not in str(error)
    assert errors > 20


def damaged(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bytes flipped, or, less often, taken out or put in."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(changed))
        kind = chance.randrange(8)
        if kind == 0:
            del changed[at : at + chance.randrange(1, 9)]
        elif kind == 1:
            changed[at:at] = chance.randbytes(3)
        elif kind < 5:
            changed[at] ^= 1 << chance.randrange(8)
        else:
            changed[at] = chance.choice([0, 0x7F, 0x80, 0xFF])
    return bytes(changed)


# ------------------------------------------------------------------------------------- the command

LIMITED = """
import sys
from tensorflowjs.cli.converter import main
if sys.platform == "linux":
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
sys.exit(max(main([source, "out"]) for source in sys.argv[1:]))
"""


def test_the_command_in_little_memory(tmp_path: Path) -> None:
    """Also what is not Python's own memory: the messages of protobuf."""

    def huge(meta: Any) -> None:
        tensor = next(node for node in meta.graph_def.node if node.op == "Const").attr["value"].tensor
        tensor.tensor_shape.dim.add(size=1 << 50)

    def deep(meta: Any) -> None:
        for number in range(40):
            function(meta, f"f{number}", f"f{number + 1}", f"f{number + 1}")
        function(meta, "f40")
        calling(meta, "f0")

    def long(meta: Any) -> None:
        meta.graph_def.node.add(name="absurd", op="Identity", input=["w:99999999999999999999"])

    models = [edited(Path(shutil.copytree(CALLED, tmp_path / edit.__name__)), edit) for edit in (huge, deep, long)]
    models.append(with_entry(Path(shutil.copytree(CALLED, tmp_path / "slices")), absurd_slices, KERNEL))
    before = tree(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, *map(str, models)], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("error: ") == len(models)
    assert not [word for word in ("Traceback", "should not have happened", "MemoryError") if word in ended.stderr]
    assert tree(tmp_path) == before
