"""How TF.js and Keras 3 name the variables of a layer.

TF.js names them after the innermost layer that builds them. Nested models leave no trace in a name, while wrappers
and stacked cells do: `bidirectional/forward_lstm/kernel`, `rnn/RNNCell_0/kernel`. Keras 3 stores them under paths
made of class names: `layers/conv2d_transpose_1/vars/0`.
"""

from __future__ import annotations

import re
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


def snake_case(class_name: str) -> str:
    """Keras' own rule for object paths: `Conv2DTranspose` -> `conv2d_transpose`, `PReLU` -> `p_re_lu`."""
    text = re.sub(r"\W+", "", class_name)
    text = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", text)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()
