"""Writes HDF5 files: groups, attributes, tensors that stream into their place.

    with create_hdf5(path) as file:
        file.set_text("", "keras_version", "2.15.0")
        file.set_texts("model_weights", "layer_names", ["dense"])
        file.add("model_weights/dense/dense/kernel:0", tensor)

Datasets are laid out plainly and without values first; when the file is closed, the bytes of each tensor go straight
to their place in it, chunk by chunk. So no weights are ever held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    Handle = Any  # h5py has no types

LARGEST_ATTRIBUTE = 64512  # bytes; what Keras allows itself, a little under the limit of HDF5


@contextmanager
def create_hdf5(path: Path) -> Iterator[Hdf5Writer]:
    """A new HDF5 file at `path`, complete when the block ends."""
    import h5py

    with h5py.File(path, "w") as handle:
        writer = Hdf5Writer(handle)
        yield writer
    writer.fill(path)


class Hdf5Writer:
    """An HDF5 file that is being made."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._places: list[tuple[int, Tensor]] = []

    def set_text(self, group: str, name: str, text: str) -> None:
        """An attribute of any length."""
        self.group(group).attrs[name] = text

    def set_texts(self, group: str, name: str, texts: Sequence[str]) -> None:
        """A list of texts; one too long for an attribute goes into `name0`, `name1`, ..."""
        encoded = [text.encode() for text in texts]
        parts = list(_parts(encoded))
        for number, part in enumerate(parts):
            key = name if len(parts) == 1 else f"{name}{number}"
            self.group(group).attrs[key] = np.array(part) if part else np.zeros(0, "S1")

    def group(self, path: str) -> Handle:
        """The group at `path`, made where it is missing."""
        return self._handle.require_group(f"/{path}")

    def add(self, path: str, tensor: Tensor) -> None:
        """A dataset with the values of `tensor`, which are written when the file is closed."""
        import h5py

        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.CONTIGUOUS)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        owner, _, name = path.rpartition("/")
        kind = h5py.h5t.py_create(np.dtype(dtypes.DTYPES[tensor.dtype].storage), logical=True)
        space = h5py.h5s.create_simple(tensor.shape) if tensor.shape else h5py.h5s.create(h5py.h5s.SCALAR)
        dataset = h5py.h5d.create(self.group(owner).id, name.encode(), kind, space, plan)
        offset = dataset.get_offset()
        if offset is not None and tensor.count:
            self._places.append((int(offset), tensor))

    def fill(self, path: Path) -> None:
        """Write the values into the file, which HDF5 has closed."""
        with path.open("r+b") as file:
            for offset, tensor in self._places:
                file.seek(offset)
                for chunk in tensor.chunks():
                    file.write(np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data)


def _parts(texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    """`texts` in as few parts as fit into an attribute each; numpy stores all of a part as long as the longest."""
    part: list[bytes] = []
    for text in texts:
        longest = max(map(len, [*part, text]))
        if part and longest * (len(part) + 1) > LARGEST_ATTRIBUTE:
            yield part
            part = []
        part.append(text)
    yield part
