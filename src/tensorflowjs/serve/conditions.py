"""What the headers of a request ask for. Whatever cannot be understood is as if it had not been said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ETAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """Bytes of a file, the last one included as in HTTP."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class UnsatisfiableRange(Exception):
    """A range that begins behind the end of the file."""


def preferred(header: str, offered: Sequence[str]) -> str | None:
    """The encoding out of `offered` that `Accept-Encoding` likes best, the earlier where it does not care."""
    weights: dict[str, float] = {}
    for item in header.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weights[name] = next(map(_weight, parameters), 1.0)
    rest = weights.get("*", 0.0)
    best = max(offered, key=lambda name: weights.get(name, rest), default=None)
    return best if best is not None and weights.get(best, rest) > 0 else None


def _weight(parameter: str) -> float:
    key, _, value = parameter.partition("=")
    try:
        return float(value) if key.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def is_known(header: str, etag: str) -> bool:
    """Whether `If-None-Match` names the version that `etag` is."""
    return header.strip() == "*" or etag in _ETAG.findall(header)


def requested_part(header: str, size: int) -> Part | None:
    """What `Range` asks for of a file of `size` bytes; None is all of it, as for several ranges at once."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        part = Part(max(0, size - int(last)), size - 1)
    else:
        part = Part(int(first), min(int(last), size - 1) if last else size - 1)
        if last and int(last) < int(first):
            return None
    if part.first >= size:
        raise UnsatisfiableRange
    return part
