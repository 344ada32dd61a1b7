"""A SavedModel's message, and in it the graph and the signature that are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError, MissingInputError, UnsupportedError, UsageError
from tensorflowjs.formats.protobuf import parse, parse_text
from tensorflowjs.formats.signature import unreadable

LARGEST = 1 << 31  # protobuf's own limit
DEFAULT_TAGS = "serve"
DEFAULT_SIGNATURES = ("serving_default",)
DEFAULT_FUNCTIONS = ("__call__", "serve")  # what stands for the model where no signature was saved
INIT_SIGNATURES = ("__saved_model_init_op", "__saved_model_train_op")


def read_message(folder: Path) -> Any:
    """The SavedModel in `folder`, in binary or text form."""
    binary, text = folder / "saved_model.pb", folder / "saved_model.pbtxt"
    if binary.is_file():
        return parse("saved_model", "SavedModel", read_bytes(binary), str(binary))
    if text.is_file():
        return parse_text("saved_model", "SavedModel", read_bytes(text), str(text))
    if (folder / "saved_model.cpb").exists():
        raise UnsupportedError(
            f"{folder}: this SavedModel is split into chunks (saved_model.cpb).",
            [],
            hint="Save it without experimental_image_format.",
        )
    raise MissingInputError(
        f"{folder}: there is no saved_model.pb in this folder.", hint="Name the folder that holds saved_model.pb."
    )


def read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size >= LARGEST:
            raise CorruptInputError(f"{path}: the file is larger than such a file can be.")
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def choose_meta_graph(message: Any, tags: str | None, where: Path) -> Any:
    """The graph with exactly these tags (separated by commas); by default the one to serve, or the only one."""
    graphs = list(message.meta_graphs)
    if not graphs:
        raise CorruptInputError(f"{where}: this SavedModel holds no graph.", hint="Save or download it again.")
    wanted = _split(DEFAULT_TAGS if tags is None else tags)
    for graph in graphs:
        if set(graph.meta_info_def.tags) == wanted:
            return graph
    if tags is None and len(graphs) == 1:
        return graphs[0]
    there = quoted([",".join(sorted(graph.meta_info_def.tags)) for graph in graphs])
    raise UsageError(
        f"{where}: there is no graph with the tags {quoted([','.join(sorted(wanted))])}.",
        hint=f"There are: {there}. Choose one with --saved_model_tags.",
    )


def _split(tags: str) -> set[str]:
    return {tag.strip() for tag in tags.split(",") if tag.strip()}


def signature_names(meta_graph: Any) -> list[str]:
    """The signatures that a user can call."""
    return sorted(name for name, row in meta_graph.signature_def.items() if name not in INIT_SIGNATURES and row.outputs)


def choose_signature(
    meta_graph: Any, functions: Collection[str], name: str | None, defaults: Sequence[str], where: Path
) -> str:
    """The name of the signature that was asked for; by default the first of `defaults`, or the only one.

    Where no signature was saved, one of the object's own `functions` serves as one.
    """
    names = signature_names(meta_graph)
    for wanted in [name] if name else defaults:
        if wanted in names:
            return wanted
    if not name and len(names) == 1:
        events.note(f'there is no signature "{defaults[0]}"; the only one, "{names[0]}", is converted')
        return names[0]
    if names:
        there = f"There are: {quoted(names)}. Choose one with --signature_name."
        raise UsageError(f'{where}: this SavedModel has no signature "{name or defaults[0]}".', hint=there)
    return _choose_function(functions, name, where)


def _choose_function(functions: Collection[str], name: str | None, where: Path) -> str:
    for wanted in [name] if name else DEFAULT_FUNCTIONS:
        if wanted in functions:
            events.note(f'no signature was saved for the function "{wanted}"; it is converted as if it had one')
            return wanted
    hint = "Save it with tf.saved_model.save(model, path, signatures=...)."
    if functions:
        hint = f"Its functions are: {quoted(sorted(functions))}. Choose one with --signature_name."
    also = f', nor a function "{name}"' if name else ""
    raise UsageError(f"{where}: this SavedModel has no signatures at all{also}.", hint=hint)


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"
