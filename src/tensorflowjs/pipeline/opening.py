"""Finds out what an input is, which route it takes, and reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.pipeline import detect, routes
from tensorflowjs.pipeline.options import GraphOptions
from tensorflowjs.pipeline.routes import Route

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Opened:
    """A model that has been read; its weights can be, as long as it is open."""

    source: Path | str
    route: Route
    model: Any

    @property
    def journey(self) -> Any:
        return import_module(f"tensorflowjs.pipeline.{self.route.journey}")


def find_route(
    input_path: PathLike, input_format: str | None, output_format: str | None
) -> tuple[Path | str, routes.Route]:
    """The input, which may be an address, and the way it goes."""
    is_address = _ADDRESS.match(os.fspath(input_path)) is not None
    source = os.fspath(input_path) if is_address else Path(input_path)
    found = "tf_hub" if isinstance(source, str) else detect.input_format(source, input_format)
    return source, routes.find(found, output_format)


def format_by_name(input_path: PathLike, input_format: str | None, output: PathLike) -> str | None:
    """The format that the ending of the output's name stands for, if the input can become that."""
    target = routes.ENDINGS.get(Path(output).suffix.lower())
    if target is None:
        return None
    _, route = find_route(input_path, input_format, None)
    return target if (route.source, target) in routes.ROUTES else None


@contextmanager
def opened(
    input_path: PathLike, input_format: str | None, output_format: str | None, graph: GraphOptions
) -> Iterator[Opened]:
    """Read the model at `input_path` the way its route wants it."""
    source, route = find_route(input_path, input_format, output_format)
    with ExitStack() as stack, _bounded(source):
        reader = import_module(f"tensorflowjs.readers.{route.reader}")
        wanted = {name: getattr(graph, name) for name in route.takes}
        yield Opened(source, route, reader.read(source, stack, **wanted))


@contextmanager
def _bounded(source: Path | str) -> Iterator[None]:
    """Models may contain models, but no real one does so a hundred times over."""
    try:
        yield
    except RecursionError as error:
        raise CorruptInputError(f"{source}: what is in it is nested too deeply for a model.") from error
