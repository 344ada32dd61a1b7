"""The version of the package, under the name the package has always given it."""

from __future__ import annotations

version = "5.0.0"
