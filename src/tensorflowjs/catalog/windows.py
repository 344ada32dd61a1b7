"""The windows of adaptive pooling."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Windows:
    """What adaptive pooling takes together along one dimension: (start, stop) for each output."""

    spans: tuple[tuple[int, int], ...]
    length: int

    @classmethod
    def to(cls, length: int, count: int) -> Windows:
        spans = [(index * length // count, -(-(index + 1) * length // count)) for index in range(count)]
        return cls(tuple(spans), length)

    @property
    def size(self) -> int:
        return self.spans[0][1]

    @property
    def step(self) -> int:
        return self.spans[1][0] if len(self.spans) > 1 else self.length

    @property
    def are_regular(self) -> bool:
        """Whether they are the windows of one ordinary pooling."""
        expected = [(index * self.step, index * self.step + self.size) for index in range(len(self.spans))]
        return self.step > 0 and list(self.spans) == expected
