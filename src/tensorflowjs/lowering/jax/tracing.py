"""A function of JAX and what it is called with, as a jaxpr. The only place that imports JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from tensorflowjs.errors import MissingExtraError, UsageError
from tensorflowjs.lowering.jax.signatures import Spec, default_shapes, spec_tree

MOST_SAID = 600  # characters of an error of JAX


@dataclass(frozen=True)
class Leaf:
    """One array among the parameters, inputs or outputs: what it is called, and what is known of it."""

    name: str
    aval: Any
    array: Any = None  # of a parameter


@dataclass(frozen=True)
class Trace:
    """A function as a jaxpr, whose inputs are the parameters and then the inputs."""

    jaxpr: Any
    parameters: list[Leaf]
    inputs: list[Leaf]
    outputs: list[Leaf]
    version: str


def trace(
    apply_fn: Callable[..., Any],
    params: Any,
    input_signatures: Sequence[Any],
    polymorphic_shapes: Sequence[Any] | None = None,
) -> Trace:
    jax = _jax()
    if not callable(apply_fn):
        raise UsageError(f"apply_fn has to be a function, not {type(apply_fn).__name__}.")
    if not isinstance(input_signatures, tuple | list):
        raise UsageError(f"input_signatures has to be a list, not {type(input_signatures).__name__}.")
    trees = [spec_tree(each) for each in input_signatures]
    names = _input_names(jax, trees)
    structs = _with_sizes(jax, trees, polymorphic_shapes)
    parameters, described = _parameters(jax, params)
    try:
        jaxpr, results = jax.make_jaxpr(apply_fn, return_shape=True)(described, *structs)
    except Exception as error:
        raise _untraceable(error, jax.tree_util.tree_leaves(structs)) from error
    avals = jaxpr.in_avals
    inputs = [Leaf(name, aval) for name, aval in zip(names, avals[len(parameters) :], strict=True)]
    outputs = [Leaf(name, aval) for name, aval in zip(_output_names(jax, results), jaxpr.out_avals, strict=True)]
    return Trace(jaxpr, parameters, inputs, outputs, str(jax.__version__))


def _untraceable(error: Exception, structs: Sequence[Any]) -> UsageError:
    shown = ", ".join(f"{struct.dtype}{struct.shape}" for struct in structs) or "none"
    said = str(error).strip()
    said = said if len(said) < MOST_SAID else f"{said[:MOST_SAID]} ..."
    return UsageError(
        f"JAX cannot trace apply_fn with these params and inputs: {type(error).__name__}: {said}",
        hint=f"apply_fn(params, *inputs) has to work with the inputs of input_signatures: {shown}.",
    )


def _jax() -> Any:
    try:
        import jax
        import jax.export
    except ImportError:
        raise MissingExtraError(
            "Converting a function of JAX needs JAX, version 0.4.30 or newer, and there is none here.",
            hint='Install it with: pip install "tensorflowjs[jax]"',
        ) from None
    return jax


# ---------------------------------------------------------------------------- parameters


def _parameters(jax: Any, params: Any) -> tuple[list[Leaf], Any]:
    """The arrays among the parameters, and the tree with shapes and dtypes in their places."""
    pairs, tree = jax.tree_util.tree_flatten_with_path(params)
    arrays = [_array(_path_name(path), leaf) for path, leaf in pairs]
    structs = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    taken: set[str] = set()
    names = [_fresh(_path_name(path) or "param", taken) for path, _ in pairs]
    leaves = [Leaf(*each) for each in zip(names, structs, arrays, strict=True)]
    return leaves, tree.unflatten(structs)


def _array(name: str, leaf: Any) -> Any:
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        return leaf
    if isinstance(leaf, bool | int | float):
        return np.asarray(leaf, {bool: "?", int: "<i4", float: "<f4"}[type(leaf)])
    raise UsageError(
        f"params: {name or 'it'} is a {type(leaf).__name__}, not an array.",
        hint="Keep what is no array out of params: register it as static metadata, or bind it with functools.partial.",
    )


def _path_name(path: Sequence[Any]) -> str:
    """`params/Dense_0/kernel` for where an array is in its tree."""
    return "/".join(_key_name(key) for key in path)


def _key_name(key: Any) -> str:
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return str(key)


def _fresh(name: str, taken: set[str]) -> str:
    found = next(each for at in count() if (each := f"{name}_{at}" if at else name) not in taken)
    taken.add(found)
    return found


# ---------------------------------------------------------------------------- inputs and outputs


def _with_sizes(jax: Any, trees: list[Any], polymorphic_shapes: Sequence[Any] | None) -> list[Any]:
    """The inputs as JAX takes them, with names for sizes that are open."""
    flat = [jax.tree_util.tree_flatten(tree) for tree in trees]
    texts: Sequence[Sequence[str | None]] = (
        default_shapes([specs for specs, _ in flat])
        if polymorphic_shapes is None
        else _given_shapes(jax, flat, polymorphic_shapes)
    )
    scope = jax.export.SymbolicScope()
    structs = []
    for (specs, tree), shapes in zip(flat, texts, strict=True):
        found = [_struct(jax, spec, text, scope) for spec, text in zip(specs, shapes, strict=True)]
        structs.append(tree.unflatten(found))
    return structs


def _given_shapes(jax: Any, flat: Sequence[Any], polymorphic_shapes: Sequence[Any]) -> list[list[str | None]]:
    """The text for each array: an input that holds several may have one for all of them, or one each."""
    if isinstance(polymorphic_shapes, str) or len(polymorphic_shapes) != len(flat):
        raise UsageError(
            f"polymorphic_shapes has to be a list with one text for each of {len(flat)} inputs, "
            f"not {polymorphic_shapes!r}.",
            hint='Write ["(b, ...)"] for one input with batches of any size.',
        )
    found = []
    for (specs, _), given in zip(flat, polymorphic_shapes, strict=True):
        texts = jax.tree_util.tree_leaves(given, is_leaf=lambda each: each is None)
        texts = [None if text is None else str(text) for text in texts]
        found.append(texts * len(specs) if len(texts) == 1 else texts)
        if len(found[-1]) != len(specs):
            raise UsageError(f"polymorphic_shapes: {given!r} is for an input that holds {len(specs)} arrays.")
    return found


def _struct(jax: Any, spec: Spec, text: str | None, scope: Any) -> Any:
    try:
        shape = jax.export.symbolic_shape("..." if text is None else text, scope=scope, like=spec.shape)
        sizes = zip(spec.shape, shape, strict=True)
        wrong = any(None not in (a, b) and isinstance(b, int) and a != b for a, b in sizes)
    except Exception as error:
        raise UsageError(f"polymorphic_shapes: {text!r} does not fit the shape {spec.shape}: {error}") from error
    if wrong or not all(size is not None for size in shape):
        raise UsageError(f"polymorphic_shapes: {text!r} does not fit the shape {spec.shape}.")
    return jax.ShapeDtypeStruct(shape, spec.dtype)


def _input_names(jax: Any, trees: Sequence[Any]) -> list[str]:
    """`xs_0`, `xs_1`, as TensorFlow calls them in the converter of old; the name of a TensorSpec that has one."""
    taken: set[str] = set()
    leaves = [(at, spec) for at, tree in enumerate(trees) for spec in jax.tree_util.tree_leaves(tree)]
    return [_fresh(spec.name or f"xs_{at}", taken) for at, spec in leaves]


def _output_names(jax: Any, results: Any) -> list[str]:
    """`output_0`, `output_1`; keys of dictionaries as they are."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(results)
    taken: set[str] = set()
    return [_fresh("_".join(_output_part(key) for key in path) or "output_0", taken) for path, _ in pairs]


def _output_part(key: Any) -> str:
    return f"output_{key.idx}" if hasattr(key, "idx") else _key_name(key)
