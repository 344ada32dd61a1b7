"""Layers that look words and whole numbers up in a vocabulary.

Few whole numbers are compared with all of the vocabulary; for many, and for words, there is a hash table, which a graph
of its own fills before the model first runs. TF.js shares a table between the two graphs by the name of its node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Graph, Node, Type
from tensorflowjs.lowering.categories import encoded
from tensorflowjs.lowering.engine import Outputs, Refusal, Site, Write
from tensorflowjs.lowering.functions import where
from tensorflowjs.lowering.values import INT, STRING, Traced
from tensorflowjs.tensors import ArrayTensor, Tensor

COMPARED = 256  # entries of a vocabulary up to which whole numbers are compared with each of them
IN_JAVASCRIPT = "do it in JavaScript before the model is called, and convert the model without this layer"


@dataclass(frozen=True)
class _Vocabulary:
    """Entries and their numbers, and what all others get."""

    keys: list[Any]
    numbers: list[Any]
    default: Any


def string_lookup(site: Site) -> Outputs:
    return _looked_up(site, of_words=True)


def integer_lookup(site: Site) -> Outputs:
    return _looked_up(site, of_words=False)


def _looked_up(site: Site, *, of_words: bool) -> Outputs:
    config = site.config
    words = _words(site, of_words)
    buckets, mode = int(config.get("num_oov_indices", 1)), str(config.get("output_mode") or "int")
    mask = config.get("mask_token")
    start = 1 if mask is not None and mode == "int" else 0
    special = [mask] * start + [config.get("oov_token")] * buckets
    words = words[len(special) :] if special and words[: len(special)] == special else words
    numbers = list(range(len(special), len(special) + len(words)))
    masked, zero = ([mask], [0]) if mask is not None else ([], [])
    if config.get("invert"):
        return _table(
            site, site.x, _Vocabulary([*zero, *numbers], [*masked, *words], config.get("oov_token")), of_words
        )
    default = start if buckets == 1 else -1
    found = _found(site, _Vocabulary([*masked, *words], [*zero, *numbers], default), of_words)
    if buckets > 1:
        found = where(found.equals(-1), _bucket(site, buckets, of_words) + start, found)
    return _in_form(site, found, mode, len(special) + len(words))


def _words(site: Site, of_words: bool) -> list[Any]:
    given = site.config.get("vocabulary")
    if not isinstance(given, list) or not given:
        site.refuse("the file does not hold its vocabulary", "save the model with model.save('model.keras')")
    return [str(word) for word in given] if of_words else [int(word) for word in given]


def _in_form(site: Site, found: Traced, mode: str, known: int) -> Traced:
    config = site.config
    if mode == "int":
        return found
    most = config.get("max_tokens")
    depth = int(most) if config.get("pad_to_max_tokens") and most else known
    if mode != "tf_idf":
        return encoded(site, found, mode, depth)
    weights = config.get("idf_weights")
    if not isinstance(weights, list):
        site.refuse("its idf_weights do not stand in the model's configuration", "give them as the argument")
    shares = np.zeros(depth, "float32")
    offset = known - len(weights)
    shares[:offset] = np.mean(weights) if offset else 0
    shares[offset:known] = weights
    counts = encoded(site, found, "count", depth)
    return counts * site.builder.const(shares)


def _found(site: Site, vocabulary: _Vocabulary, of_words: bool) -> Traced:
    if of_words or len(vocabulary.keys) > COMPARED:
        return _table(site, site.x, vocabulary, of_words)
    same = site.x.cast(INT).expand(-1).equals(site.builder.const(vocabulary.keys, INT))
    numbers = site.builder.const([number - vocabulary.default for number in vocabulary.numbers], INT)
    return (same.cast(INT) * numbers).sum([-1]) + int(vocabulary.default)


def _bucket(site: Site, buckets: int, of_words: bool) -> Traced:
    """Which of several numbers for unknown entries an entry gets."""
    if not of_words and site.config.get("oov_method") != "farmhash":
        return site.builder.put("FloorMod", [site.x.cast(INT), site.builder.ints(buckets)], INT, site.x.dims)
    if not of_words or site.config.get("salt") is not None:
        site.refuse("it hashes unknown entries in a way that TF.js cannot", IN_JAVASCRIPT)
    return site.builder.put("StringToHashBucketFast", [site.x], INT, site.x.dims, num_buckets=buckets)


# ---------------------------------------------------------------------------- tables


def _table(site: Site, keys: Traced, vocabulary: _Vocabulary, of_words: bool) -> Traced:
    inverted = bool(site.config.get("invert"))
    key_type = STRING if of_words != inverted and of_words else INT
    value_type = STRING if of_words and inverted else INT
    builder, attrs = site.builder, {"key_dtype": Type(key_type), "value_dtype": Type(value_type)}
    table = builder.put("HashTableV2", [], "resource", (), **attrs)
    name = table.value.node.name
    default = _column([vocabulary.default], value_type)
    inputs = [table, keys if key_type == STRING else keys.cast(INT), builder.tensor(_scalar(default))]
    types = {"Tin": Type(key_type), "Tout": Type(value_type)}
    _fill(site, name, [_column(vocabulary.keys, key_type), _column(vocabulary.numbers, value_type)], attrs | types)
    return builder.put("LookupTableFindV2", inputs, value_type, keys.dims, **types)


def _column(values: list[Any], dtype: str) -> Tensor:
    if dtype == INT:
        return ArrayTensor(np.asarray(values, "<i4"))
    array = np.empty(len(values), dtype=object)
    array[:] = [str(value).encode() for value in values]
    return ArrayTensor(array, dtype=STRING)


def _scalar(column: Tensor) -> Tensor:
    return ArrayTensor(column.read().reshape(()), dtype=column.dtype)


def _fill(site: Site, name: str, columns: list[Tensor], attrs: dict[str, Type]) -> None:
    """Keys and values into the table, in the graph that TF.js runs once."""
    model = site.builder.model
    graph = model.initializer = model.initializer or Graph("initializer")
    kinds = {key: attrs[key] for key in ("key_dtype", "value_dtype")}
    inputs = [graph.add(Node(name, "HashTableV2", (), dict(kinds))).output]
    for part, column in zip(("keys", "values"), columns, strict=True):
        constant: dict[str, Attr] = {"dtype": Type(column.dtype), "value": column}
        inputs.append(graph.add(Node(f"{name}/{part}", "Const", (), constant)).output)
    types = {key: attrs[key] for key in ("Tin", "Tout")}
    node = graph.add(Node(f"{name}/import", "LookupTableImportV2", inputs, dict(types)))
    graph.outputs.append(node.output)
    graph.output_names.append(node.name)


LAYERS: dict[str, Write] = {
    "StringLookup": string_lookup,
    "IntegerLookup": integer_lookup,
    "TextVectorization": Refusal("TF.js has no operations that make letters small and split texts", IN_JAVASCRIPT),
}
