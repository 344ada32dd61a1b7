"""What the optimiser did to a graph, and what it would have done but for a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Journal:
    """`done` counts what each pass has changed; `missed` has the reason why a pass had to leave a node."""

    done: Counter[str] = field(default_factory=Counter)
    missed: dict[tuple[str, str], str] = field(default_factory=dict)  # (pass, node) -> why

    def did(self, name: str, node: str) -> None:
        self.done[name] += 1
        self.missed.pop((name, node), None)

    def leave(self, name: str, node: str, why: str) -> None:
        self.missed[name, node] = why
