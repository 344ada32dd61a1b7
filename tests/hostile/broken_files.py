"""Inputs that are no sound model: each with the error that must come of it.

A case makes its input in an empty folder and returns the path of it.
"""

from __future__ import annotations

import gzip
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tensorflowjs.errors import (
    ConversionError,
    CorruptInputError,
    InputError,
    MissingInputError,
    UnknownFormatError,
    UnsupportedError,
)
from tests.fixtures_keras import FOLDER
from tests.written_models import (
    Json,
    dense,
    dense_weights,
    entry,
    functional,
    input_layer,
    nested,
    random_dense,
    sequential,
    variables_bytes,
    write_h5,
    write_keras,
    write_zip,
)

Make = Callable[[Path], Path]
SOUND_H5 = FOLDER / "tf-2.15" / "mlp.h5"
SOUND_KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"


@dataclass(frozen=True)
class Case:
    name: str
    make: Make
    error: type[ConversionError]
    needles: tuple[str, ...]


CASES: list[Case] = []


def case(error: type[ConversionError], *needles: str) -> Callable[[Make], Make]:
    """The decorated function makes a case, named after it."""

    def add(make: Make) -> Make:
        CASES.append(Case(make.__name__.strip("_"), make, error, needles))
        return make

    return add


# ------------------------------------------------------------------------------------- what is not there, or no file


@case(MissingInputError, "no file or folder", "missing.keras", "Check the path")
def missing(folder: Path) -> Path:
    return folder / "missing.keras"


@case(MissingInputError, "no file or folder", "below")
def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "below"


@case(UnknownFormatError, "a folder in which no model is recognised", "Name the model file itself")
def directory(folder: Path) -> Path:
    (folder / "model.keras").mkdir()
    return folder / "model.keras"


@case(CorruptInputError, "model.h5", "is empty")
def empty_h5(folder: Path) -> Path:
    (folder / "model.h5").touch()
    return folder / "model.h5"


@case(CorruptInputError, "model.keras", "is empty")
def empty_keras(folder: Path) -> Path:
    (folder / "model.keras").touch()
    return folder / "model.keras"


# ------------------------------------------------------------------------------------- something else


def holding(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@case(UnknownFormatError, "not an HDF5 file", "model.h5")
def text_called_h5(folder: Path) -> Path:
    return holding(folder, "model.h5", b"This is not a model.\n" * 50)


@case(UnknownFormatError, "not a .keras archive", "a web page")
def web_page_called_keras(folder: Path) -> Path:
    return holding(folder, "model.keras", b"<!DOCTYPE html><html><body>404</body></html>")


@case(UnknownFormatError, "Git LFS pointer", "git lfs pull")
def git_lfs_pointer(folder: Path) -> Path:
    return holding(folder, "model.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")


@case(UnknownFormatError, "gzip", "Unpack it first")
def packed_with_gzip(folder: Path) -> Path:
    return holding(folder, "model.h5.gz", gzip.compress(SOUND_H5.read_bytes()))


@case(UnknownFormatError, "a Python pickle")
def python_pickle(folder: Path) -> Path:
    return holding(folder, "model.pkl", pickle.dumps({"weights": [1, 2, 3]}))


@case(UnknownFormatError, "a JSON text")
def json_that_is_no_model(folder: Path) -> Path:
    return holding(folder, "config.json", b'{"class_name": "Sequential"}')


# ------------------------------------------------------------------------------------- cut off


def cut(sound: Path, folder: Path, size: int) -> Path:
    data = sound.read_bytes()
    return holding(folder, sound.name, data[:size])


for _part in (0.001, 0.1, 0.5, 0.9, 0.999):

    @case(CorruptInputError, "mlp.h5", "cut off" if _part > 0.01 else "damaged", "again")
    def cut_h5(folder: Path, part: float = _part) -> Path:
        return cut(SOUND_H5, folder, max(9, int(part * SOUND_H5.stat().st_size)))

    @case(CorruptInputError, "mlp.keras", "cut off", "again")
    def cut_keras(folder: Path, part: float = _part) -> Path:
        return cut(SOUND_KERAS, folder, max(5, int(part * SOUND_KERAS.stat().st_size)))


@case(CorruptInputError, "mlp.keras", "model.weights.h5", "cut off")
def weights_cut_off_in_the_archive(folder: Path) -> Path:
    return with_member(folder, "model.weights.h5", lambda data: data[: len(data) // 2])


# ------------------------------------------------------------------------------------- archives


def with_member(folder: Path, name: str, change: Callable[[bytes], bytes | None], method: int = 0) -> Path:
    """The sound archive with one of its members changed, or left out."""
    with zipfile.ZipFile(SOUND_KERAS) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    changed = change(members.pop(name))
    return write_zip(folder / SOUND_KERAS.name, members | ({} if changed is None else {name: changed}), method)


@case(MissingInputError, "no 'config.json'", "it holds metadata.json, model.weights.h5", "model.save('model.keras')")
def weights_without_config(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: None)


@case(MissingInputError, "no 'model.weights.h5'")
def config_without_weights_in_the_archive(folder: Path) -> Path:
    return with_member(folder, "model.weights.h5", lambda data: None)


@case(MissingInputError, "no 'config.json'", "readme.txt")
def some_archive(folder: Path) -> Path:
    return write_zip(folder / "model.keras", {"readme.txt": "hello"})


@case(MissingInputError, "no 'config.json'", "it holds nothing")
def empty_archive(folder: Path) -> Path:
    return write_zip(folder / "model.keras", {})


@case(CorruptInputError, "config.json", "not JSON")
def config_that_is_no_json(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b'{"class_name": "Sequential", ')


@case(CorruptInputError, "config.json", "not JSON")
def config_that_is_no_text(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b"\xff\xfe\x00\x80\x81")


@case(CorruptInputError, "config.json", "not a JSON object")
def config_that_is_a_list(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b"[1, 2]")


@case(CorruptInputError, 'no "class_name"')
def config_without_class(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b"{}")


@case(UnsupportedError, "Sequential", "model.export")
def config_without_layers(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b'{"class_name": "Sequential", "config": {"name": "x"}}')


@case(CorruptInputError, "metadata.json", "not JSON")
def metadata_that_is_no_json(folder: Path) -> Path:
    return with_member(folder, "metadata.json", lambda data: b"keras_version: 3")


@case(CorruptInputError, "config.json", "not JSON")
def config_that_nests_without_end(folder: Path) -> Path:
    return with_member(folder, "config.json", lambda data: b'{"config": ' * 100_000 + b"1" + b"}" * 100_000)


@case(CorruptInputError, "../escaped.txt", "leads outside")
def member_above_the_archive(folder: Path) -> Path:
    return write_zip(folder / "model.keras", {"../escaped.txt": "out", "config.json": "{}"})


@case(CorruptInputError, "/tmp/escaped.txt", "leads outside")
def member_with_an_absolute_path(folder: Path) -> Path:
    return write_zip(folder / "model.keras", {"/tmp/escaped.txt": "out", "config.json": "{}"})


@case(CorruptInputError, "config.json", "twice")
def member_twice(folder: Path) -> Path:
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        with_warning_silenced(lambda: archive.writestr("config.json", "{ }"))
    return path


def with_warning_silenced(work: Callable[[], None]) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()


@case(CorruptInputError, "config.json", "decompression bomb")
def bomb_of_a_config(folder: Path) -> Path:
    """260 MB of nothing, in 260 KB."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("config.json", "w") as member:
        for _ in range(260):
            member.write(b" " * 1024 * 1024)
    return path


@case(CorruptInputError, "model.weights.h5", "decompression bomb")
def bomb_of_weights(folder: Path) -> Path:
    """Its directory tells of a terabyte."""
    path = with_member(folder, "model.weights.h5", lambda data: None)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10_000_000))
        archive.getinfo("model.weights.h5").file_size = 2**40
    return path


@case(InputError, "encrypted", "without a password")
def encrypted_archive(folder: Path) -> Path:
    path = with_member(folder, "config.json", lambda data: data)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark)
        data[place + at] |= 1
    path.write_bytes(data)
    return path


@case(InputError, "pickles", "model.weights.npz", "never opened")
def weights_that_are_pickles(folder: Path) -> Path:
    path = with_member(folder, "model.weights.h5", lambda data: None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("model.weights.npz", pickle.dumps([1, 2]))
    return path


# ------------------------------------------------------------------------------------- HDF5


K, B = random_dense(1, 4, 3)
SOUND = functional([input_layer("x", 4), dense("scores", 3, "x")], ["x"], ["scores"])
WEIGHTS = {"scores": dense_weights("scores", K, B)}


def changed_h5(folder: Path, change: Callable[[h5py.File], Any], topology: Any = SOUND) -> Path:
    path = write_h5(folder / "model.h5", topology, WEIGHTS)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@case(CorruptInputError, "mlp.h5", "damaged", "again")
def root_group_of_no_kind(folder: Path) -> Path:
    data = bytearray(SOUND_H5.read_bytes())
    place = int.from_bytes(data[64:72], "little")  # of the root group's header, as the first block tells
    data[place + 16 : place + 64] = b"\0" * 48
    return holding(folder, "mlp.h5", bytes(data))


@case(MissingInputError, "neither a Keras model nor Keras weights", "model.save(")
def some_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "data.h5", "w") as file:
        file["measurements"] = np.arange(10.0)
    return folder / "data.h5"


@case(CorruptInputError, "model.h5", "no weights", "model.save(...)")
def config_without_weights(folder: Path) -> Path:
    return changed_h5(folder, lambda file: file.__delitem__("model_weights"))


@case(CorruptInputError, "model_config", "not JSON")
def attribute_that_is_no_json(folder: Path) -> Path:
    return write_h5(folder / "model.h5", "{'class_name': 'Sequential'}", WEIGHTS)


@case(CorruptInputError, 'no "class_name"')
def attribute_that_is_a_list(folder: Path) -> Path:
    return write_h5(folder / "model.h5", [1, 2], WEIGHTS)


@case(CorruptInputError, "model_config", "not a text")
def attribute_that_is_a_number(folder: Path) -> Path:
    return changed_h5(folder, lambda file: file.attrs.__setitem__("model_config", 7))


@case(CorruptInputError, "model_config", "not JSON")
def attribute_that_nests_without_end(folder: Path) -> Path:
    return write_h5(folder / "model.h5", "[" * 50_000 + "]" * 50_000, WEIGHTS)


@case(CorruptInputError, "nested too deeply")
def models_in_models_without_end(folder: Path) -> Path:
    model = sequential(input_layer("x", 4), entry("Activation", "a", ["x"], activation="relu"))
    for _ in range(300):
        model = sequential(input_layer("x", 4), model)
    return write_h5(folder / "model.h5", model, {})


@case(CorruptInputError, "weight_names", "not a list of texts")
def names_that_are_numbers(folder: Path) -> Path:
    return changed_h5(folder, lambda file: file["model_weights/scores"].attrs.__setitem__("weight_names", [1, 2]))


@case(CorruptInputError, 'weights of the layer "scores" are missing')
def layer_without_group(folder: Path) -> Path:
    return changed_h5(folder, lambda file: file["model_weights"].__delitem__("scores"))


@case(MissingInputError, "no dataset", "scores/kernel:0")
def weight_without_values(folder: Path) -> Path:
    return changed_h5(folder, lambda file: file["model_weights/scores/scores"].__delitem__("kernel:0"))


def replaced(path: str, make: Callable[[h5py.File, str], Any]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[path]
        make(file, path)

    return change


KERNEL = "model_weights/scores/scores/kernel:0"


@case(MissingInputError, "scores/kernel:0", "is not a dataset")
def weight_that_is_a_group(folder: Path) -> Path:
    return changed_h5(folder, replaced(KERNEL, lambda file, path: file.create_group(path)))


@case(CorruptInputError, "scores/kernel:0", "link", "not followed")
def external_link(folder: Path) -> Path:
    with h5py.File(folder / "secret.h5", "w") as file:
        file["kernel"] = K
    return changed_h5(
        folder, replaced(KERNEL, lambda f, path: f.__setitem__(path, h5py.ExternalLink("secret.h5", "kernel")))
    )


@case(CorruptInputError, "scores/kernel:0", "link", "not followed")
def soft_link(folder: Path) -> Path:
    return changed_h5(folder, replaced(KERNEL, lambda file, path: file.__setitem__(path, h5py.SoftLink("/elsewhere"))))


@case(CorruptInputError, "scores/kernel:0", "other files")
def data_in_another_file(folder: Path) -> Path:
    outside = [(str(folder / "secret.bin"), 0, K.nbytes)]
    (folder / "secret.bin").write_bytes(K.tobytes())
    return changed_h5(
        folder, replaced(KERNEL, lambda f, path: f.create_dataset(path, K.shape, "<f4", external=outside))
    )


@case(CorruptInputError, "scores/kernel:0", "other files")
def virtual_data(folder: Path) -> Path:
    layout = h5py.VirtualLayout(K.shape, "<f4")
    with h5py.File(folder / "secret.h5", "w") as file:
        layout[:] = h5py.VirtualSource(file.create_dataset("kernel", data=K))
    return changed_h5(folder, replaced(KERNEL, lambda file, path: file.create_virtual_dataset(path, layout)))


@case(CorruptInputError, "scores/kernel:0", "of a kind that tensors do not have")
def weight_of_references(folder: Path) -> Path:
    def make(file: h5py.File, path: str) -> None:
        file.create_dataset(path, (4, 3), h5py.ref_dtype)

    return changed_h5(folder, replaced(KERNEL, make))


@case(CorruptInputError, "scores/kernel:0", "decompression bomb")
def weight_of_a_petabyte(folder: Path) -> Path:
    def make(file: h5py.File, path: str) -> None:
        file.create_dataset(path, (2**40, 256), "<f4", chunks=(1024, 256))

    return changed_h5(folder, replaced(KERNEL, make))


@case(CorruptInputError, "scores/kernel:0", "decompression bomb")
def weight_that_unpacks_to_too_much(folder: Path) -> Path:
    def make(file: h5py.File, path: str) -> None:
        dataset = file.create_dataset(path, (2**20, 2**11), "<f4", chunks=(2**12, 2**11), compression="gzip")
        dataset[:1] = 1

    return changed_h5(folder, replaced(KERNEL, make))


@case(CorruptInputError, "without end")
def groups_in_a_circle(folder: Path) -> Path:
    path = folder / "model.weights.h5"
    path.write_bytes(variables_bytes({"layers/dense": [K, B]}))
    with h5py.File(path, "r+") as file:
        file["layers/dense/layers"] = file["layers"]
    return path


# ------------------------------------------------------------------------------------- weights that do not fit


def with_weights(folder: Path, **weights: Any) -> Path:
    return write_h5(folder / "model.h5", SOUND, weights)


FIT = "do not fit its configuration"


@case(CorruptInputError, FIT, '"scores"', "kernel is [3, 4] in the file, needed [4, 3]")
def weight_of_another_shape(folder: Path) -> Path:
    return with_weights(folder, scores=dense_weights("scores", K.T, B))


@case(CorruptInputError, FIT, '"scores"', "bias is [1, 3] in the file, needed [3]")
def weight_of_another_rank(folder: Path) -> Path:
    return with_weights(folder, scores=dense_weights("scores", K, B[None]))


@case(CorruptInputError, FIT, '"scores": 1 weight in the file, needed 2 (scores/kernel, scores/bias)')
def one_weight_less(folder: Path) -> Path:
    return with_weights(folder, scores=dense_weights("scores", K, B)[:1])


@case(CorruptInputError, FIT, '"scores": 3 weights in the file, needed 2')
def one_weight_more(folder: Path) -> Path:
    return with_weights(folder, scores=[*dense_weights("scores", K, B), ("scores/scale:0", B)])


@case(CorruptInputError, FIT, '"scores": stored are scores/gamma:0, scores/beta:0')
def weights_of_another_layer(folder: Path) -> Path:
    return with_weights(folder, scores=[("scores/gamma:0", K), ("scores/beta:0", B)])


@case(CorruptInputError, FIT, '"stranger" in the file belongs to no layer', '"scores": 0 weights')
def weights_of_another_model(folder: Path) -> Path:
    return with_weights(folder, stranger=dense_weights("stranger", K, B))


@case(CorruptInputError, FIT, '"scores": 1 weight in the file, needed 2')
def one_variable_less(folder: Path) -> Path:
    return write_keras(folder / "model.keras", SOUND, {"layers/dense": [K]})


@case(CorruptInputError, FIT, '"scores": 3 weights in the file, needed 2')
def one_variable_more(folder: Path) -> Path:
    return write_keras(folder / "model.keras", SOUND, {"layers/dense": [K, B, B]})


@case(CorruptInputError, FIT, '"scores": 0 weights in the file')
def no_variables(folder: Path) -> Path:
    return write_keras(folder / "model.keras", SOUND, {"layers/conv2d": [K, B]})


@case(CorruptInputError, FIT, '"layers/dense_1" in the file belongs to no layer of the configuration')
def variables_of_no_layer(folder: Path) -> Path:
    return write_keras(folder / "model.keras", SOUND, {"layers/dense": [K, B], "layers/dense_1": [K, B]})


@case(CorruptInputError, FIT, "kernel is [4, 3] in the file, needed [4, 4]")
def variables_of_another_shape(folder: Path) -> Path:
    topology = functional([input_layer("x", 4), dense("scores", 4, "x")], ["x"], ["scores"])
    return write_keras(folder / "model.keras", topology, {"layers/dense": [K, B]})


# ------------------------------------------------------------------------------------- graphs that cannot be


def graph(folder: Path, layers: list[Json], inputs: Any = ("x",), outputs: Any = ("scores",)) -> Path:
    return write_h5(folder / "model.h5", functional([input_layer("x", 4), *layers], inputs, outputs), WEIGHTS)


@case(CorruptInputError, '"model"', "wait for each other", '"a", "b"')
def layers_in_a_circle(folder: Path) -> Path:
    circle = [entry("Add", "a", [["x", "b"]]), entry("Activation", "b", ["a"], activation="relu")]
    return graph(folder, [*circle, dense("scores", 3, "b")])


@case(CorruptInputError, "wait for each other", '"scores"')
def layer_on_its_own_output(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "scores")])


@case(CorruptInputError, '"model"', "calls that do not exist", '"nobody"')
def layer_on_nothing(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "nobody")])


@case(CorruptInputError, "calls that do not exist", '"x"')
def call_that_does_not_exist(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, [["x", 1, 0, {}]])])


@case(CorruptInputError, '"model"', "output 3", '"x"')
def output_that_does_not_exist(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, [["x", 0, 3, {}]])])


@case(CorruptInputError, "calls that do not exist", '"nobody"')
def model_output_that_does_not_exist(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "x")], outputs=["nobody"])


@case(CorruptInputError, 'no usable "output_layers"')
def model_without_outputs(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "x")], outputs=[])


@case(CorruptInputError, '"other"', "among its inputs")
def input_that_is_not_listed(folder: Path) -> Path:
    layers = [input_layer("other", 4), entry("Add", "sum", [["x", "other"]]), dense("scores", 3, "sum")]
    return graph(folder, layers)


@case(CorruptInputError, '"scores"', "no InputLayers")
def input_that_is_a_layer(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "x")], inputs=["scores"])


@case(CorruptInputError, '"model"', "several layers named", '"scores"')
def two_layers_of_one_name(folder: Path) -> Path:
    return graph(folder, [dense("scores", 3, "x"), dense("scores", 3, "x")])


@case(CorruptInputError, '"inner"', "called on 2 tensors and has 1 inputs")
def nested_model_on_two_tensors(folder: Path) -> Path:
    inner = sequential(input_layer("y", 4), name="inner")
    return graph(folder, [nested(inner, ["x", "x"]), dense("scores", 3, [["inner", 1, 0, {}]])])


@case(CorruptInputError, "not an object")
def layer_that_is_a_text(folder: Path) -> Path:
    return graph(folder, ["scores"])  # type: ignore[list-item]


@case(CorruptInputError, '"x"', "no shape")
def input_without_a_shape(folder: Path) -> Path:
    topology = functional([entry("InputLayer", "x"), dense("scores", 3, "x")], ["x"], ["scores"])
    return write_h5(folder / "model.h5", topology, WEIGHTS)


# ------------------------------------------------------------------------------------- absurd arguments


def absurd(name: str, needles: tuple[str, ...], layer: Json, *shape: Any) -> None:
    def make(folder: Path) -> Path:
        layers = [input_layer("x", *shape), layer]
        return write_h5(folder / "model.h5", functional(layers, ["x"], [layer["name"]]), {})

    CASES.append(Case(name, make, CorruptInputError, needles))


for _name, _units in (
    ("negative", -3), ("zero", 0), ("fraction", 1.5), ("text", "three"), ("list", [3]), ("null", None), ("true", True),
    ("more_than_JavaScript_can_count", 10**30),
):  # fmt: skip
    absurd(f"units_that_are_{_name}", ('"scores" (Dense)', "units"), dense("scores", _units, "x"), 4)  # type: ignore[arg-type]
absurd("enormous_layer", (FIT, '"scores": 0 weights'), dense("scores", 2**50, "x"), 4)
absurd("shape_of_a_text", ('"x" (InputLayer)', "its shape is"), dense("scores", 3, "x"), "four")
absurd("negative_shape", ('"x" (InputLayer)', "its shape is [None, -4]"), dense("scores", 3, "x"), -4)
absurd("shape_of_a_fraction", ('"x" (InputLayer)', "its shape is [None, 1.5]"), dense("scores", 3, "x"), 1.5)
absurd(
    "pool_larger_than_its_input", ('"p" (MaxPooling2D)', "shape"),
    entry("MaxPooling2D", "p", ["x"], pool_size=[9, 9], strides=[1, 1], padding="valid"), 4, 4, 1,
)  # fmt: skip
absurd(
    "one_size_for_two_axes",
    ('"p" (MaxPooling2D)', "pool_size is [2]"),
    entry("MaxPooling2D", "p", ["x"], pool_size=[2]),
    4,
    4,
    1,
)
absurd(
    "no_strides_at_all",
    ('"p" (MaxPooling2D)', "strides is [0, 0]"),
    entry("MaxPooling2D", "p", ["x"], strides=[0, 0]),
    4,
    4,
    1,
)
absurd(
    "cropped_to_nothing",
    ('"c" (Cropping2D)', "shape"),
    entry("Cropping2D", "c", ["x"], cropping=[[3, 3], [3, 3]]),
    4,
    4,
    1,
)
absurd("reshaped_to_another_size", ('"r"',), entry("Reshape", "r", ["x"], target_shape=[5, 5]), 4)
absurd("permuted_along_no_axis", ('"p"',), entry("Permute", "p", ["x"], dims=[1, 7]), 4, 4)
absurd("wrapper_around_nothing", ('"b" (Bidirectional)', '"layer"'), entry("Bidirectional", "b", ["x"]), 4, 4)
absurd(
    "initializer_that_is_a_list",
    ('"scores" (Dense)', "kernel_initializer"),
    dense("scores", 3, "x", kernel_initializer=[1]),
    4,
)


# ------------------------------------------------------------------------------------- weights in several files


def sharded(folder: Path, weight_map: Any, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / f"{name}.weights.h5").write_bytes(data)
    text = weight_map if isinstance(weight_map, str) else json.dumps({"metadata": {}, "weight_map": weight_map})
    return holding(folder, "model.weights.json", text.encode())


@case(MissingInputError, "a.weights.h5", "model.weights.json", "is not there")
def shard_that_is_missing(folder: Path) -> Path:
    return sharded(folder, {"/layers/dense/vars": "a.weights.h5"})


@case(CorruptInputError, "'../a.weights.h5'", "not the name of a file beside it")
def shard_above_the_folder(folder: Path) -> Path:
    return sharded(folder, {"/layers/dense/vars": ["../a.weights.h5"]})


@case(CorruptInputError, "/etc/passwd", "not the name of a file beside it")
def shard_with_an_absolute_path(folder: Path) -> Path:
    return sharded(folder, {"/layers/dense/vars": "/etc/passwd"})


@case(CorruptInputError, '"layers/dense_1"', "do not hold")
def shard_without_its_variables(folder: Path) -> Path:
    return sharded(folder, {"/layers/dense_1/vars": "a.weights.h5"}, a=variables_bytes({"layers/dense": [K, B]}))


@case(UnknownFormatError, "a.weights.h5", "not an HDF5 file")
def shard_that_is_no_hdf5(folder: Path) -> Path:
    return sharded(folder, {"/layers/dense/vars": "a.weights.h5"}, a=b"nothing" * 100)


@case(CorruptInputError, 'no "weight_map"')
def map_that_is_empty(folder: Path) -> Path:
    return sharded(folder, {})
