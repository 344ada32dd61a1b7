"""Models as TF.js stores them: `model.json` and shards of weights.

write_model(folder, document, [[("dense/kernel", tensor), ...]], quantization={"uint8": True})
read_model(folder).groups
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes, events
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.formats.assets_zip import write_assets
from tensorflowjs.formats.manifest import StoredModel, StoredWeight, read_manifest, read_model
from tensorflowjs.formats.output import staged
from tensorflowjs.formats.quantisation import QuantizationMap, quantised, rules_for
from tensorflowjs.formats.regions import RegionReader
from tensorflowjs.formats.shards import ShardWriter, write_tensor
from tensorflowjs.tensors import CastTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "SHARD_BYTES",
    "StoredModel",
    "StoredWeight",
    "WeightGroup",
    "Written",
    "read_manifest",
    "read_model",
    "write_model",
    "write_weights",
]

SHARD_BYTES = 4 * 1024 * 1024  # the largest file that all browsers cache
MODEL_FILE = "model.json"
MANIFEST_FILE = "weights_manifest.json"
_STAGE = "Writing weights"
_STEP = 4 * 1024 * 1024  # bytes between two reports of progress
_OURS = re.compile(r"[^/\\:]+\.bin|group\d+-shard\d+of\d+")

WeightGroup = Sequence[tuple[str, Tensor]]


@dataclass(frozen=True)
class Written:
    """What a conversion has written."""

    manifest: list[dict[str, Any]]
    files: list[str]  # the shards
    weight_bytes: int

    @property
    def shards(self) -> int:
        return len(self.files)


def write_model(
    target: Path | str,
    document: Mapping[str, Any],
    groups: Sequence[WeightGroup],
    *,
    shard_bytes: int | None = SHARD_BYTES,
    quantization: QuantizationMap | None = None,
    hash_shards: bool = False,
    assets: Path | None = None,
    marks: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Written:
    """Write `document`, completed with the manifest, and the weights into the folder `target`: all or nothing.

    `marks` is what else the manifest is to say of weights, by their names. The files in the folder `assets`, if there
    is one, go beside them as an archive. Shards of a model that was there before are removed; other files stay.
    `hash_shards` puts a hash of its content into the name of each shard, which lets browsers keep it without ever
    asking again.
    """
    target = Path(target)
    rules = _rules(groups, quantization)
    with staged(target) as staging:
        written = _write_groups(staging.folder, groups, rules, shard_bytes, hash_shards)
        for entry in (entry for group in written.manifest for entry in group["weights"]):
            entry |= marks.get(entry["name"], {})
        text = to_json({**document, "weightsManifest": written.manifest})
        (staging.folder / MODEL_FILE).write_bytes(text)
        archive = [] if assets is None else [write_assets(assets, staging.folder)]
        staging.publish([*written.files, *archive, MODEL_FILE], stale=stale_shards(target / MODEL_FILE))
    return written


def write_weights(
    target: Path | str,
    groups: Sequence[WeightGroup],
    *,
    shard_bytes: int | None = SHARD_BYTES,
    quantization: QuantizationMap | None = None,
    write_manifest: bool = True,
) -> Written:
    """Write weights without a model; the manifest goes into a file of its own, if wanted."""
    target = Path(target)
    rules = _rules(groups, quantization)
    with staged(target) as staging:
        written = _write_groups(staging.folder, groups, rules, shard_bytes)
        names = list(written.files)
        if write_manifest:
            (staging.folder / MANIFEST_FILE).write_bytes(to_json(written.manifest))
            names.append(MANIFEST_FILE)
        staging.publish(names)
    return written


def _rules(groups: Sequence[WeightGroup], quantization: QuantizationMap | None) -> dict[str, str]:
    """The dtype of each weight to be quantised; names must be unique, since that is how TF.js finds weights."""
    names = [name for group in groups for name, _ in group]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        problems = [Problem(name, "more than one weight has this name") for name in twice]
        raise UnsupportedError("TF.js tells weights apart by their names.", problems)
    return rules_for(names, quantization)


def _write_groups(
    folder: Path,
    groups: Sequence[WeightGroup],
    rules: Mapping[str, str],
    shard_bytes: int | None,
    hash_shards: bool = False,
) -> Written:
    done = _Progress([as_tfjs(name, tensor).nbytes for group in groups for name, tensor in group])
    manifest: list[dict[str, Any]] = []
    files: list[str] = []
    size = 0
    with RegionReader() as reader:
        for number, group in enumerate(groups, 1):
            with ShardWriter(folder, number, shard_bytes, hashed=hash_shards) as writer:
                weights = [_write_weight(name, tensor, rules.get(name), writer, reader, done) for name, tensor in group]
                paths = writer.finish()
            manifest.append({"paths": paths, "weights": weights})
            files += paths
            size += writer.written
    done.finish()
    return Written(manifest, files, size)


def _write_weight(
    name: str, tensor: Tensor, rule: str | None, writer: ShardWriter, reader: RegionReader, done: _Progress
) -> dict[str, Any]:
    """Append one weight; its entry in the manifest."""
    done.begin()
    tensor = as_tfjs(name, tensor)
    entry: dict[str, Any] = {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
    stored, fields = quantised(tensor, rule, name) if rule else (tensor, None)
    if fields is not None:
        entry["quantization"] = fields
    ratio = max(1, tensor.nbytes // max(1, stored.nbytes))
    write_tensor(stored, writer, reader, lambda count: done.advance(count * ratio))
    return entry


class _Progress:
    """Reports, not too often, how many bytes of weights are through, and which tensor is on."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._total = sum(sizes)
        self._count = len(sizes)
        self._begun = 0
        self._done = 0
        self._next = 0
        self.advance(0)

    def begin(self) -> None:
        """Another tensor is on."""
        self._begun += 1

    def advance(self, count: int) -> None:
        self._done += count
        if self._done >= self._next:
            part = f"tensor {self._begun:,} of {self._count:,}" if self._begun else ""
            events.progress(_STAGE, min(self._done, self._total), self._total, part)
            self._next = self._done + _STEP

    def finish(self) -> None:
        events.progress(_STAGE, self._total, self._total)


# ---------------------------------------------------------------------------------- dtypes of TF.js


def as_tfjs(name: str, tensor: Tensor) -> Tensor:
    """`tensor` in the dtype of TF.js that holds its values; refused while read if one does not fit."""
    target = dtypes.DTYPES[tensor.dtype].tfjs
    if target is None:
        raise UnsupportedError("TF.js has no such weights.", [Problem(name, f"its values are of type {tensor.dtype}")])
    return tensor if target == tensor.dtype else _FittingTensor(tensor, target, name)


class _FittingTensor(CastTensor):
    """A cast that refuses to change values beyond rounding."""

    def __init__(self, source: Tensor, dtype: str, name: str) -> None:
        super().__init__(source, dtype)
        self._name = name

    def read(self) -> NDArray[Any]:
        return self._fit(self._source.read())

    def chunks(self) -> Iterator[NDArray[Any]]:
        for chunk in self._source.chunks():
            yield self._fit(chunk)

    def _fit(self, values: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(over="ignore", invalid="ignore"):
            result = dtypes.cast(values, self._source.dtype, self.dtype)
        if self.dtype == "int32":
            fits = values.size == 0 or _within_int32(values)
        else:
            fits = bool(np.isinf(result).sum() == np.isinf(values).sum()) if values.itemsize > result.itemsize else True
        if not fits:
            what = f"it holds values that {self.dtype} cannot hold, which is what TF.js has for {self._source.dtype}"
            raise UnsupportedError("Values are too large for TF.js.", [Problem(self._name, what)])
        return result


def _within_int32(values: NDArray[Any]) -> bool:
    limits = np.iinfo(np.int32)
    return limits.min <= int(values.min()) and int(values.max()) <= limits.max


# ---------------------------------------------------------------------------------- model.json


def to_json(document: Any) -> bytes:
    """Compact JSON; NaN and infinity, which JSON does not have, are refused with the place they stand at."""
    try:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError) as error:
        problems = [Problem(where, what) for where, what in _not_json(document, "model.json")]
        if not problems:
            raise
        raise UnsupportedError("These values cannot be written as JSON.", problems) from error


def _not_json(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_json(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _not_json(item, f"{where}[{index}]")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield where, f"the number {value} does not exist in JSON"
    elif value is not None and not isinstance(value, str | int):
        yield where, f"{type(value).__name__} is not a JSON value"


def stale_shards(model: Path) -> list[str]:
    """Shards that the model.json there names: plain names that are names of shards, nothing else in the folder."""
    try:
        groups = json.loads(model.read_bytes())["weightsManifest"]
        paths: Iterable[Any] = [path for group in groups for path in group["paths"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [path for path in paths if isinstance(path, str) and _OURS.fullmatch(path)]
