"""What a kernel is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tensorflowjs.ir.graph import Node

if TYPE_CHECKING:
    pass

Array = "NDArray[Any]"
Kernel = Callable[[Node, Sequence[Any]], Any]


def plain(compute: Callable[..., Any]) -> Kernel:
    """A kernel that looks at nothing but the values of its inputs."""
    return lambda node, inputs: compute(*inputs)


def numbers(array: Any) -> list[int]:
    """Sizes, axes or positions that an input holds."""
    return [int(number) for number in array.reshape(-1)]
