"""How TF.js names the variables of a layer: after the innermost layer that builds them.

Nested models leave no trace in a name, while wrappers and stacked cells do: `bidirectional/forward_lstm/kernel`,
`rnn/RNNCell_0/kernel`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.layers import Layer


def scopes(layer: Layer, scope: str | None = None) -> Iterator[tuple[str, Layer]]:
    """`layer` and everything in it, each with what stands before the names of its variables, in TF.js's order."""
    if layer.model is not None:
        for inner in layer.model.layers:
            yield from scopes(inner)
        return
    here = layer.name if scope is None else scope
    yield here, layer
    for key, child in layer.children.items():
        yield from scopes(child, _child_scope(layer, here, key))


def unprefixed(forward: Layer) -> str:
    """TF.js puts `forward_` and `backward_` in front of the wrapped layer's name by itself."""
    return forward.name.removeprefix("forward_")


def _child_scope(layer: Layer, scope: str, key: str) -> str:
    if key in ("forward_layer", "backward_layer"):
        side = key.removesuffix("layer")
        return f"{scope}/{side}{unprefixed(layer.children['forward_layer'])}"
    if key.startswith("cell_"):
        return f"{scope}/RNNCell_{key.removeprefix('cell_')}"
    return scope
