"""Looking things up."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.rewrites.site import Rule, Site


def find(at: Site) -> Value | None:
    """LookupTableFindV2 of keys of any shape -> Reshape(LookupTableFindV2(a list of keys))

    TF.js gives a list, whatever the shape of the keys.
    """
    table, keys, missing = at.inputs
    dims = at.shapes.of(keys)
    if dims is not None and len(dims) == 1:
        return None
    found = at.again(table, at.reshape(keys, [-1]), missing)
    sizes = at.sizes(keys)
    return at.reshape(found, at.shape(keys) if sizes is None else at.packed(sizes))


RULES: dict[str, Rule] = {"LookupTableFind": find, "LookupTableFindV2": find}
