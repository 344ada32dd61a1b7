"""The arguments of an operator's call, under the names they have in Keras 3."""

from __future__ import annotations

from typing import Any

from tensorflowjs.catalog.operators import arguments
from tensorflowjs.fitting.engine import Site
from tensorflowjs.ir.layers import replace_refs


def operands(site: Site) -> dict[str, Any]:
    """Every argument of the call by its parameter's first name; tensors as the Refs they have become."""
    now = dict(zip(site.call.inputs, site.inputs, strict=True))
    return arguments(site.config, replace_refs(site.call.args, now), replace_refs(site.call.kwargs, now))
