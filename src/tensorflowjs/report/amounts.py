"""Amounts for people."""

from __future__ import annotations


def size(count: int) -> str:
    """A number of bytes."""
    value = float(count)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"
