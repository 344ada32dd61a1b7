"""Operations that are none of TensorFlow's own, as the file with the graph defines them.

A SavedModel lists the definitions of the operations in it; a frozen graph does not. The definition tells which output
an input of the form `node:out_arg:k` means, and the defaults of attributes that are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.ops import Argument, tensorflow_ops
from tensorflowjs.errors import Problem, UnsupportedError

_NO_DEFINITION = "the file does not say which outputs it has, and more than one is read"


class CustomOps:
    """`definitions` are OpDef messages, `functions` those of the library: in old calls the op is the function."""

    def __init__(self, definitions: Iterable[Any] = (), functions: Mapping[str, Any] | None = None) -> None:
        known = tensorflow_ops()
        self._known = {each.name: each for each in definitions if each.name not in known}
        self._functions = functions or {}
        self._guessed: dict[str, str] = {}

    def defaults(self, op: str) -> dict[str, Any]:
        """AttrValue messages of the attributes that have a default."""
        definition = self._known.get(op)
        attrs = definition.attr if definition is not None else ()
        return {attr.name: attr.default_value for attr in attrs if attr.HasField("default_value")}

    def outputs(self, op: str, wanted: str, where: str) -> list[Argument]:
        """The outputs of `op`. Without a definition the only one that is read, `wanted`, is taken for the first."""
        definition = self._known.get(op, self._functions.get(op))
        if definition is not None:
            return [_argument(proto) for proto in definition.output_arg]
        if op not in self._guessed:
            events.note(f"{op} is no operation of TensorFlow; {wanted} is taken for its first output", where)
        if self._guessed.setdefault(op, wanted) != wanted:
            raise UnsupportedError(
                "TF.js cannot run an operation of this model:", [Problem(f"{op} in {where}", _NO_DEFINITION)]
            )
        return [Argument(wanted)]


def _argument(proto: Any) -> Argument:
    return Argument(proto.name, number_attr=proto.number_attr or None, type_list_attr=proto.type_list_attr or None)
