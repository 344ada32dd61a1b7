"""`convert_jax`: its parameters, the names it gives, and what it refuses."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tensorflowjs import converters
from tensorflowjs.converters import convert_jax
from tensorflowjs.errors import ConversionError, MissingExtraError, UnsupportedError, UsageError
from tensorflowjs.events import Event, listening
from tests.tfjs import jax_quickly  # noqa: F401

FLOAT = np.float32
ONE = [((2, 3), FLOAT)]
_random = np.random.default_rng(3)
PARAMS = {
    "params": {"dense": {"kernel": _random.normal(size=(3, 4)).astype("<f4"), "bias": np.arange(1, 5).astype("<f4")}}
}


def dense(params: Any, x: Any) -> Any:
    layer = params["params"]["dense"]
    return x @ layer["kernel"] + layer["bias"]


def converted(function: Any, params: Any, signatures: Any, folder: Path, **options: Any) -> dict[str, Any]:
    convert_jax(function, params, input_signatures=signatures, model_dir=folder, **options)
    return dict(json.loads((folder / "model.json").read_text()))


def ports(document: dict[str, Any], side: str) -> dict[str, tuple[str, list[int]]]:
    """Name and sizes of what is in the signature."""
    return {
        key: (port["name"], [int(dim["size"]) for dim in port["tensorShape"].get("dim", [])])
        for key, port in document["signature"][side].items()
    }


# ---------------------------------------------------------------------------- as in tensorflowjs 4.22


def test_parameters() -> None:
    """Those of the old function, the keywords that it hands on among them."""
    found = inspect.signature(convert_jax).parameters
    first = ["apply_fn", "params", "input_signatures", "model_dir", "polymorphic_shapes"]
    assert list(found)[:5] == first
    assert [found[name].kind.name for name in first] == ["POSITIONAL_OR_KEYWORD"] * 2 + ["KEYWORD_ONLY"] * 3
    old = inspect.signature(converters.convert_tf_saved_model).parameters
    handed_on = [name for name in old if name not in ("saved_model_dir", "output_dir")]
    assert {name: found[name].default for name in handed_on} == {name: old[name].default for name in handed_on}
    assert set(found) == {*first, *handed_on}


def test_names_of_inputs_and_outputs(tmp_path: Path) -> None:
    """What `jax2tf` and a SavedModel gave: xs_0, xs_1, Identity, Identity_1; keys of dictionaries."""

    def function(params: Any, x: Any, more: Any) -> Any:
        return {"b": x @ params, "a": (more["q"] * 2, more["p"])}

    more = {"q": ((4,), FLOAT), "p": ((), np.int32)}
    document = converted(function, np.ones((3, 4), FLOAT), [((None, 3), FLOAT), more], tmp_path)
    assert ports(document, "inputs") == {
        "xs_0": ("xs_0:0", [-1, 3]),
        "xs_1": ("xs_1:0", []),
        "xs_1_1": ("xs_1_1:0", [4]),
    }
    assert ports(document, "outputs") == {
        "a_output_0": ("Identity:0", [4]),
        "a_output_1": ("Identity_1:0", []),
        "b": ("Identity_2:0", [-1, 4]),
    }
    assert document["format"] == "graph-model" and document["generatedBy"] == f"jax v{jax.__version__}"


def test_outputs_stay_in_order(tmp_path: Path) -> None:
    document = converted(lambda params, x: [x + at for at in range(12)], {}, ONE, tmp_path)
    assert list(document["signature"]["outputs"]) == [f"output_{at}" for at in range(12)]


def test_options_are_handed_on(tmp_path: Path) -> None:
    options = {
        "quantization_dtype_map": {"float16": "*"},
        "weight_shard_size_bytes": 20,
        "metadata": {"a": 1},
        "use_structured_outputs_names": True,
    }
    document = converted(dense, PARAMS, ONE, tmp_path, **options)
    (group,) = document["weightsManifest"]
    weights = {weight["name"]: weight for weight in group["weights"]}
    assert weights["params/dense/kernel"]["quantization"]["dtype"] == "float16"
    assert len(group["paths"]) == 2
    assert document["userDefinedMetadata"] == {"a": 1, "structuredOutputKeys": ["output_0"]}
    with pytest.raises(UsageError, match="frozen_graph_dir"):
        converted(dense, PARAMS, ONE, tmp_path, frozen_graph_dir="frozen")


# ---------------------------------------------------------------------------- signatures


class TensorSpec:
    """As that of TensorFlow."""

    def __init__(self, shape: Any, dtype: Any, name: str | None = None) -> None:
        self.shape, self.dtype, self.name = shape, dtype, name


class TensorFlowDtype:
    as_numpy_dtype = np.float32


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (((2, 3), FLOAT), "xs_0"),
        ([[2, 3], "float32"], "xs_0"),
        (jax.ShapeDtypeStruct((2, 3), jnp.float32), "xs_0"),
        (np.zeros((2, 3), FLOAT), "xs_0"),
        (TensorSpec((2, 3), TensorFlowDtype()), "xs_0"),
        (TensorSpec((2, 3), TensorFlowDtype(), "image"), "image"),
    ],
    ids=["pair", "lists", "struct", "array", "TensorSpec", "TensorSpec with a name"],
)
def test_ways_to_describe_an_input(spec: Any, name: str, tmp_path: Path) -> None:
    assert ports(converted(dense, PARAMS, [spec], tmp_path), "inputs") == {name: (f"{name}:0", [2, 3])}


def test_open_sizes(tmp_path: Path) -> None:
    def function(params: Any, x: Any, y: Any) -> Any:
        return jnp.concatenate([x.reshape(x.shape[0], -1), y], 1), jnp.zeros((x.shape[0] * 2 + 1,))

    shapes = [((None, 2, 3), FLOAT), ((None, None), FLOAT)]
    for texts in (None, ["(b, ...)", "(b, n)"], ["b, _, _", "b, k"]):
        document = converted(function, {}, shapes, tmp_path, polymorphic_shapes=texts)
        found = ports(document, "outputs")
        assert found == {"output_0": ("Identity:0", [-1, -1]), "output_1": ("Identity_1:0", [-1])}


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no list": ({"input_signatures": "x"}, ["input_signatures", "list"]),
    "no pair": ({"input_signatures": [FLOAT]}, ["input_signatures", "shape and dtype"]),
    "no dtype": ({"input_signatures": [((2, 3), "numbers")]}, ["input_signatures", "numbers"]),
    "a negative size": ({"input_signatures": [((-1, 3), FLOAT)]}, ["(-1, 3)", "None"]),
    "another shape": ({"input_signatures": [((2, 5), FLOAT)]}, ["cannot trace", "(2, 5)"]),
    "too many": ({"input_signatures": ONE * 2}, ["cannot trace", "positional argument"]),
    "no function": ({"apply_fn": 3}, ["apply_fn", "int"]),
    "too few texts": ({"polymorphic_shapes": []}, ["polymorphic_shapes", "1 inputs"]),
    "one text": ({"polymorphic_shapes": "(b, ...)"}, ["polymorphic_shapes", "list"]),
    "another rank": ({"polymorphic_shapes": ["(b, c, d)"]}, ["(b, c, d)", "(2, 3)"]),
    "another size": ({"polymorphic_shapes": ["(b, 4)"]}, ["(b, 4)", "(2, 3)"]),
    "no text": ({"polymorphic_shapes": ["(b ?"]}, ["polymorphic_shapes", "(b ?"]),
    "no array": ({"params": {"dense": {"activation": "relu"}}}, ["dense/activation", "str", "static"]),
    "only half a size": (
        {"input_signatures": [((None, 3), FLOAT)], "polymorphic_shapes": ["(2*b, 3)"],
         "apply_fn": lambda params, x: jnp.zeros(x.shape[0] // 2)},
        ['"b"', "polymorphic_shapes"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_arguments_that_make_no_sense(case: str, tmp_path: Path) -> None:
    changed, needles = WRONG[case]
    given = {"apply_fn": dense, "params": PARAMS, "input_signatures": ONE, "model_dir": tmp_path / "model", **changed}
    with pytest.raises(UsageError) as caught:
        convert_jax(given.pop("apply_fn"), given.pop("params"), **given)
    assert not [needle for needle in needles if needle not in str(caught.value)], str(caught.value)
    assert not list(tmp_path.iterdir())


def test_without_jax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtraError, match=r"tensorflowjs\[jax\]"):
        converted(dense, PARAMS, ONE, tmp_path / "model")


# ---------------------------------------------------------------------------- what TF.js cannot do


def line_with(text: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(at for at, line in enumerate(lines, 1) if f"# {text}" in line)


def test_all_that_cannot_be_done_is_said_at_once(tmp_path: Path) -> None:
    def shared(x: Any) -> Any:
        return jnp.linalg.cholesky(x)  # first

    def function(params: Any, key: Any, x: Any) -> Any:
        noise = jax.random.normal(jax.random.wrap_key_data(key), x.shape)  # second
        square = shared(x @ x.T)
        spectrum = jnp.fft.fft(x).real  # third
        return (
            noise,
            square,
            spectrum,
            jax.lax.lgamma(x),
            jax.lax.scan(lambda c, r: (c, jax.lax.nextafter(r, r)), 0.0, x),
        )

    with pytest.raises(UnsupportedError) as caught:
        converted(function, {}, [((2,), np.uint32), ((3, 3), FLOAT)], tmp_path / "model")
    found = {problem.where.split(" in ")[0]: problem for problem in caught.value.problems}
    assert {"cholesky", "random_wrap", "random_bits", "fft", "lgamma", "nextafter", "xs_0"} <= set(found)
    name = Path(__file__).name
    for primitive, text in (("cholesky", "first"), ("random_bits", "second"), ("fft", "third")):
        assert found[primitive].where == f"{primitive} in {name}:{line_with(text)}"
    assert "deterministic" in str(found["random_bits"]) and "uint32" in str(found["xs_0"])
    assert not list(tmp_path.iterdir())


def test_each_call_has_its_own_line(tmp_path: Path) -> None:
    """Though JAX traces a function of its library once only, of whichever call was the first."""

    def function(params: Any, x: Any) -> Any:
        one = jnp.linalg.qr(x)[0]  # one call
        return one, jnp.linalg.qr(x + 1)[0]  # another call

    jax.make_jaxpr(jnp.linalg.qr)(np.eye(3, dtype=FLOAT))
    with pytest.raises(UnsupportedError) as caught:
        converted(function, {}, [((3, 3), FLOAT)], tmp_path)
    lines = [f"{Path(__file__).name}:{line_with(text)}" for text in ("one call", "another call")]
    assert {problem.where.split(" in ")[1] for problem in caught.value.problems} == {", ".join(lines)}


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "unsigned": (lambda x: x.astype(jnp.uint32).astype(float), FLOAT(1), "uint32"),
    "bits": (lambda x: x & 3, np.int32(1), "bits of integers"),
    "bitcast": (lambda x: jax.lax.bitcast_convert_type(x, jnp.int32), FLOAT(1), "bits of numbers"),
    "complex": (lambda x: jax.lax.complex(x, x), FLOAT(1), "complex"),
    "callback": (lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), FLOAT), x), FLOAT(1), "Python"),
    "rounding": (lambda x: jax.lax.reduce_precision(x, 5, 10), FLOAT(1), "fewer bits"),
    "scatter": (lambda x: x.at[jnp.array([0, 0])].multiply(2.0), np.ones(3, FLOAT), "replacing and adding"),
    "float to few bits": (lambda x: x.astype(jnp.int8), FLOAT(1), "convert to int32 first"),
    "variable shift": (lambda x: x << x, np.int32(2), "fixed number of bits"),
    "gradient of pooling": (
        jax.grad(lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2,), (1,), "VALID").sum()),
        np.arange(4, dtype=FLOAT),
        "gradient",
    ),
    "general reduction": (lambda x: jax.lax.reduce(x, 0.0, lambda a, b: a * b + 1, (0,)), np.ones(3, FLOAT), "reduces"),
    "general windows": (
        lambda x: jax.lax.reduce_window(x, 0.0, lambda a, b: a * b + 1, (2,), (1,), "VALID"),
        np.ones(3, FLOAT),
        "windows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_exact_is_refused(case: str, tmp_path: Path) -> None:
    function, x, needle = REFUSED[case]
    with pytest.raises(UnsupportedError) as caught:
        converted(lambda params, x: function(x), {}, [(x.shape, x.dtype)], tmp_path / "model")
    assert needle in str(caught.value) and Path(__file__).name in str(caught.value), str(caught.value)


def test_random_numbers_that_nobody_uses(tmp_path: Path) -> None:
    def function(params: Any, x: Any) -> Any:
        _, half = jax.jit(lambda key, x: (jax.random.bernoulli(key, 0.5, x.shape), x / 2))(params["key"], x)
        return half

    document = converted(function, {"key": jax.random.key(3)}, ONE, tmp_path)
    assert {node["op"] for node in document["modelTopology"]["node"]} <= {"Placeholder", "Const", "Mul", "RealDiv"}


def test_notes(tmp_path: Path) -> None:
    notes: list[Event] = []
    with listening(notes.append):
        converted(lambda params, x: x.astype(jnp.bfloat16) * 2, {}, ONE, tmp_path)
    assert ["bfloat16" in str(note) and "float32" in str(note) for note in notes if "JAX" in str(note)] == [True]


def test_errors_of_the_function_are_kept(tmp_path: Path) -> None:
    def function(params: Any, x: Any) -> Any:
        raise KeyError("my own")

    with pytest.raises(ConversionError, match="KeyError: 'my own'") as caught:
        converted(function, {}, ONE, tmp_path)
    assert isinstance(caught.value.__cause__, KeyError)
