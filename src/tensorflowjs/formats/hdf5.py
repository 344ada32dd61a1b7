"""HDF5 files as plain data: groups, attributes, datasets as tensors. The only file that knows h5py.

    with open_hdf5(path) as file:
        file.root.json("model_config")
        file.root.group("model_weights").texts("layer_names")
        file.root.tensor("model_weights/dense/dense/kernel:0").region()

Nothing in the file is trusted. Links are not followed (only an object's own place in the file counts), data
in other files (external, virtual) and references are refused, and so is, before anything is allocated for
it, a dataset that claims more than `claim_limit` bytes for what it stores.

Tensors can be read until the file is closed; regions of them stay good as long as the file on disk does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.errors import CorruptInputError, InputError, MissingInputError
from tensorflowjs.formats import signature
from tensorflowjs.formats.datasets import FREE_IN_MEMORY, DatasetTensor, Selection, claim_limit
from tensorflowjs.tensors import FileRegion, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Handle = Any  # h5py has no types

_CHUNK_CACHE = 16 * 1024 * 1024
_DEEPEST = 64
_KIND = "an HDF5 file"


def open_hdf5(path: Path | str) -> Hdf5File:
    """Open the HDF5 file at `path` for reading."""
    path = Path(path)
    size = signature.require_file(path, kind=_KIND)
    if not signature.is_hdf5(path):
        raise signature.not_this_format(path, kind=_KIND)
    try:
        handle = _open_unlocked(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise _cannot_open(str(path), error) from error
    return Hdf5File(handle, str(path), path, 0, size)


def _open_unlocked(path: Path) -> Handle:
    """Without locks, since a model may lie on a read-only or network disk, or be open elsewhere.

    HDF5 wants all who open a file in one process to agree on that.
    """
    import h5py

    try:
        return h5py.File(path, "r", locking=False, rdcc_nbytes=_CHUNK_CACHE)
    except OSError as error:
        if "locking" not in str(error):
            raise
        return h5py.File(path, "r", rdcc_nbytes=_CHUNK_CACHE)


def open_embedded_hdf5(
    file: BinaryIO, origin: str, size: int, *, path: Path | None, offset: int = 0, transient: bool = False
) -> Hdf5File:
    """Open HDF5 of `size` bytes given as a file object, whose bytes also lie in the file at `path` from `offset` on.

    Closing the result closes `file`. `transient`: the bytes at `path` are gone after that.
    """
    import h5py

    try:
        handle = h5py.File(file, "r", rdcc_nbytes=_CHUNK_CACHE)
    except (OSError, RuntimeError, ValueError) as error:
        file.close()
        raise _cannot_open(origin, error) from error
    return Hdf5File(handle, origin, path, offset, size, source=file, transient=transient)


def _cannot_open(origin: str, error: Exception) -> InputError:
    if "truncated file" in str(error):
        return CorruptInputError(
            f"{origin}: the HDF5 file is cut off; its header tells of more bytes than there are.",
            hint="Save, copy or download it again.",
        )
    return CorruptInputError(
        f"{origin}: the HDF5 file is damaged and cannot be opened.", hint="Save, copy or download it again."
    )


class Hdf5File:
    """An open file. A context manager; `root` is the group of everything."""

    def __init__(
        self,
        handle: Handle,
        origin: str,
        path: Path | None,
        offset: int,
        size: int,
        *,
        source: BinaryIO | None = None,
        transient: bool = False,
    ) -> None:
        self.origin = origin
        self.size = size
        self._handle = handle
        self._source = source
        self._path = path
        self._offset = offset
        self._transient = transient
        with self.reading(""):
            self._root = handle["/"].id

    def __enter__(self) -> Hdf5File:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def root(self) -> Group:
        return Group(self, "", self.root_id)

    @property
    def closed(self) -> bool:
        return not self._handle

    def close(self) -> None:
        self._handle.close()
        if self._source is not None:
            self._source.close()

    def where(self, path: str) -> str:
        return f"{self.origin}: {path}" if path else self.origin

    def region(self, offset: int, size: int) -> FileRegion | None:
        """The part of the file on disk that holds `size` bytes at `offset` of the HDF5 data."""
        if self._path is None or (self._transient and self.closed):
            return None
        return FileRegion(self._path, self._offset + offset, size)

    def find(self, path: str, start: Handle | None = None) -> Handle | None:
        """The low-level object at `path` below the group `start`, or None. Links on the way are refused."""
        import h5py

        found = self.root_id if start is None else start
        for name in path.split("/"):
            if not name or name == ".":
                continue
            if not isinstance(found, h5py.h5g.GroupID) or not found.links.exists(name.encode()):
                return None
            if found.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
                raise CorruptInputError(f"{self.where(path)}: '{name}' is a link elsewhere. Links are not followed.")
            found = h5py.h5o.open(found, name.encode())
        return found

    @property
    def root_id(self) -> Handle:
        if self.closed:
            raise AssertionError(f"{self.origin}: read after it was closed")
        return self._root

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Turns whatever HDF5 complains about into one error that says where."""
        try:
            yield
        except (OSError, RuntimeError, ValueError, KeyError, TypeError, UnicodeError, MemoryError) as error:
            raise CorruptInputError(
                f"{self.where(path)}: the HDF5 data here is damaged ({_first_line(error)}).",
                hint="Save, copy or download the file again.",
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip("'\"").splitlines() or [type(error).__name__])[0]


class Group:
    """A group: children by path, attributes as plain Python values."""

    def __init__(self, file: Hdf5File, path: str, handle: Handle) -> None:
        self.file = file
        self.path = path
        self._handle = handle

    def __repr__(self) -> str:
        return f"Group({self.file.where(self.path)!r})"

    def __contains__(self, path: str) -> bool:
        return self._find(path) is not None

    def __iter__(self) -> Iterator[str]:
        """Names of the children, sorted as HDF5 does (by bytes)."""
        with self.file.reading(self.path):
            return iter([name.decode() for name in self._handle])

    def get(self, path: str) -> Group | DatasetTensor | None:
        """The group or tensor at `path` below this group, or None."""
        import h5py

        full = self._join(path)
        found = self._find(path)
        if found is None:
            return None
        if isinstance(found, h5py.h5g.GroupID):
            return Group(self.file, full, found)
        if isinstance(found, h5py.h5d.DatasetID):
            return dataset_tensor(self.file, full, found)
        raise CorruptInputError(f"{self.file.where(full)} is neither a group nor a dataset.")

    def group(self, path: str) -> Group:
        found = self.get(path)
        if isinstance(found, Group):
            return found
        raise self._missing(path, "group", found)

    def tensor(self, path: str) -> DatasetTensor:
        found = self.get(path)
        if isinstance(found, DatasetTensor):
            return found
        raise self._missing(path, "dataset", found)

    def groups(self) -> Iterator[tuple[str, Group]]:
        """The child groups by name."""
        for name in self:
            found = self.get(name)
            if isinstance(found, Group):
                yield name, found

    def tensors(self) -> Iterator[tuple[str, DatasetTensor]]:
        """All tensors below this group, by their path from it."""
        seen: set[Any] = set()
        yield from self._walk("", seen)

    def _walk(self, prefix: str, seen: set[Any]) -> Iterator[tuple[str, DatasetTensor]]:
        self._enter_once(seen)
        for name in self:
            found = self.get(name)
            if isinstance(found, Group):
                yield from found._walk(f"{prefix}{name}/", seen)
            elif found is not None:
                yield prefix + name, found

    def _enter_once(self, seen: set[Any]) -> None:
        """Groups may be linked in circles, or in two places each over many levels: an endless tree."""
        import h5py

        with self.file.reading(self.path):
            address = h5py.h5o.get_info(self._handle).addr
        if address in seen or self.path.count("/") > _DEEPEST:
            raise CorruptInputError(f"{self.file.where(self.path)}: groups contain each other without end.")
        seen.add(address)

    def _find(self, path: str) -> Handle | None:
        with self.file.reading(self._join(path)):
            return self.file.find(path, self._handle)

    def _missing(self, path: str, kind: str, found: object) -> MissingInputError:
        full = self._join(path)
        if found is not None:
            return MissingInputError(f"{self.file.where(full)} is not a {kind}.")
        return MissingInputError(f"{self.file.origin}: there is no {kind} '{full}'.")

    def _join(self, path: str) -> str:
        parts = [part for part in path.split("/") if part and part != "."]
        return "/".join([self.path, *parts] if self.path else parts)

    # -- attributes ---------------------------------------------------------------------------------

    def attributes(self) -> list[str]:
        import h5py

        with self.file.reading(self.path):
            return list(h5py.AttributeManager(h5py.Group(self._handle)))

    def attribute(self, name: str) -> Any:
        """The attribute as str, number, list of these or None; None as well when there is none."""
        with self.file.reading(self.path):
            return _attribute(self.file, self._handle, self.path, name)

    def text(self, name: str) -> str | None:
        value = self.attribute(name)
        if value is None or isinstance(value, str):
            return value
        raise CorruptInputError(f"{self.file.where(self.path)}: attribute '{name}' is not a text.")

    def texts(self, name: str) -> list[str] | None:
        """A list of texts; one too long for an attribute is stored as `name0`, `name1`, ..."""
        value = self.attribute(name)
        if value is None:
            parts: list[Any] = []
            while (value := self.attribute(f"{name}{len(parts)}")) is not None:
                parts.append(value)
            if not parts:
                return None
            value = [text for part in parts for text in (part if isinstance(part, list) else [part])]
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return value
        raise CorruptInputError(f"{self.file.where(self.path)}: attribute '{name}' is not a list of texts.")

    def json(self, name: str) -> Any:
        """The attribute's text parsed as JSON; None when there is none."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CorruptInputError(
                f"{self.file.where(self.path)}: attribute '{name}' is not JSON ({error})."
            ) from error


def _attribute(file: Hdf5File, owner: Handle, path: str, name: str) -> Any:
    import h5py

    if not h5py.h5a.exists(owner, name.encode()):
        return None
    found = h5py.h5a.open(owner, name.encode())
    kind = found.get_type().get_class()
    if found.get_space().get_simple_extent_type() == h5py.h5s.NULL:
        return None
    if kind not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM):
        raise CorruptInputError(f"{file.where(path)}: attribute '{name}' is of a kind that models do not have.")
    if 0 not in found.shape and found.get_storage_size() > file.size:
        raise CorruptInputError(f"{file.where(path)}: attribute '{name}' claims to be larger than its file.")
    manager = h5py.AttributeManager(h5py.Group(owner) if isinstance(owner, h5py.h5g.GroupID) else h5py.Dataset(owner))
    return _plain(manager[name])


def _plain(value: Any) -> Any:
    """bytes, numpy scalars and arrays of either as str, numbers and lists."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        value.encode()  # h5py hides invalid UTF-8 in surrogates
        return value
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def dataset_tensor(file: Hdf5File, path: str, dataset: Handle) -> DatasetTensor:
    """The dataset as a tensor, after checking everything it says about itself."""
    import h5py

    where = file.where(path)
    with file.reading(path):
        plan = dataset.get_create_plist()
        dtype = _dtype(file, path, dataset)
        layout = plan.get_layout()
        if layout == h5py.h5d.VIRTUAL or plan.get_external_count():
            raise CorruptInputError(f"{where}: its data lies in other files. Save the model as one file.")
        _require_filters(where, plan)
        shape = tuple(int(size) for size in dataset.shape) if dataset.shape is not None else (0,)
        chunk = tuple(int(size) for size in plan.get_chunk()) if layout == h5py.h5d.CHUNKED else None
        _check_claim(file, path, dataset, shape, chunk)
        offset = _plain_offset(file, path, dataset, dtype, shape) if layout == h5py.h5d.CONTIGUOUS else None
    size = math.prod(shape) * dtypes.DTYPES[dtype].size
    return DatasetTensor(
        dtype,
        shape,
        where,
        select=partial(_select, file, path, dtype),
        locate=(lambda: None) if offset is None else partial(file.region, offset, size),
        piece=chunk,
    )


def _select(file: Hdf5File, path: str, dtype: str, selection: Selection) -> NDArray[Any]:
    """The selected values in the storage of `dtype`, converted by HDF5 and numpy where they are stored otherwise."""
    import h5py

    with file.reading(path):
        dataset = h5py.Dataset(file.find(path))
        if dataset.shape is None:
            return np.empty((0,), dtypes.DTYPES[dtype].storage or object)
        values = np.asarray(dataset[selection])
    if dtype == "string":
        return values.astype(object)
    if dtype == "bfloat16" and values.dtype.kind == "V":
        return values.view(dtypes.DTYPES[dtype].storage)
    return values.astype(dtypes.DTYPES[dtype].storage, copy=False)


def _dtype(file: Hdf5File, path: str, dataset: Handle) -> str:
    """Our name of the dataset's type. numpy has no bfloat16: it comes as two raw bytes, marked or not."""
    import h5py

    kind = dataset.get_type()
    marked = _attribute(file, dataset, path, "dtype")
    if kind.get_class() == h5py.h5t.STRING:
        return "string"
    raw = kind.get_class() == h5py.h5t.OPAQUE or (marked == "bfloat16" and kind.get_class() == h5py.h5t.INTEGER)
    if raw and kind.get_size() == 2:
        return "bfloat16"
    if kind.get_class() in (h5py.h5t.FLOAT, h5py.h5t.INTEGER, h5py.h5t.ENUM, h5py.h5t.COMPOUND):
        try:
            return dtypes.name_of(np.dtype(dataset.dtype))
        except KeyError:
            pass
    raise CorruptInputError(f"{file.where(path)}: its values are of a kind that tensors do not have.")


def _require_filters(where: str, plan: Handle) -> None:
    import h5py

    for index in range(plan.get_nfilters()):
        code, _, _, name = plan.get_filter(index)
        if not h5py.h5z.filter_avail(code):
            label = name.decode(errors="replace") or str(code)
            raise InputError(
                f"{where}: it is compressed with '{label}', which is not available here.",
                hint="Save the model without compression, or install hdf5plugin and import it before.",
            )


def _check_claim(file: Hdf5File, path: str, dataset: Handle, shape: Shape, chunk: Shape | None) -> None:
    """Refuse sizes that the stored bytes cannot hold, before anything is allocated for them.

    The whole dataset is read in parts, but each of its pieces is unpacked in memory.
    """
    stored = min(int(dataset.get_storage_size()), file.size)
    size = int(dataset.get_type().get_size())
    whole, piece = size * math.prod(shape), size * math.prod(chunk or (0,))
    if whole > claim_limit(stored) or piece > claim_limit(stored, FREE_IN_MEMORY):
        raise CorruptInputError(
            f"{file.where(path)}: it claims {max(whole, piece):,} bytes (shape {list(shape)}) but stores {stored:,}. "
            "This is damage or a decompression bomb."
        )


def _plain_offset(file: Hdf5File, path: str, dataset: Handle, dtype: str, shape: Shape) -> int | None:
    """Where the bytes lie in the file, if they are there, and are just what the tensor's bytes are."""
    import h5py

    offset = dataset.get_offset()
    size = math.prod(shape) * int(dataset.get_type().get_size())
    if offset is None or not size or dtype in ("string", "bool"):
        return None
    if offset + size > file.size or dataset.get_storage_size() < size:
        raise CorruptInputError(f"{file.where(path)}: its data lies beyond the end of the file, which is cut off.")
    kind = dataset.get_type()
    if dtype == "bfloat16":
        return int(offset) if kind.get_class() == h5py.h5t.OPAQUE or kind.get_order() == h5py.h5t.ORDER_LE else None
    return int(offset) if kind.equal(h5py.h5t.py_create(np.dtype(dtypes.DTYPES[dtype].storage))) else None
