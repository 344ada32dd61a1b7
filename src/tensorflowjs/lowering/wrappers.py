"""Layers around another layer."""

from __future__ import annotations

from tensorflowjs.catalog import masks as table
from tensorflowjs.ir.layers import Layer
from tensorflowjs.lowering.cells import inside
from tensorflowjs.lowering.engine import Outputs, Refusal, Site, Write
from tensorflowjs.lowering.functions import concat, product_of, sizes_of, stack, unstack
from tensorflowjs.lowering.recurrent import given_by_name, run
from tensorflowjs.lowering.values import FLOAT, Mask, Traced

FIT = frozenset({
    "SimpleRNN", "LSTM", "GRU", "RNN", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
})  # fmt: skip


def bidirectional(site: Site) -> Outputs:
    """Both directions, the second turned round, then put together."""
    x, *states = [x.cast(FLOAT) for x in _all_inputs(site)]
    half = len(states) // 2
    forward = _direction(site, "forward_layer", x, states[:half])
    backward = _direction(site, "backward_layer", x, states[half:])
    config = site.layer.children["forward_layer"].config
    first, second = forward[0], backward[0]
    if config.get("return_sequences"):
        second = second.turned(0 if config.get("time_major") else 1)
    return [*_together(site, first, second), *forward[1:], *backward[1:]]


def _all_inputs(site: Site) -> list[Traced]:
    return [*site.inputs, *given_by_name(site)]


def _direction(site: Site, key: str, x: Traced, states: list[Traced]) -> list[Traced]:
    layer = site.layer.children[key]
    if layer.registered_name is not None or layer.class_name not in FIT:
        site.refuse(f"it wraps a {layer.registered_name or layer.class_name}, which is no recurrent layer of Keras")
    return run(inside(site, key, layer), layer, x, states, site.mask, zeroes=_zeroes(site, layer))


def _zeroes(site: Site, layer: Layer) -> bool:
    """Whole sequences are zero at masked steps; in older versions it is for the layer to say.

    The last output alone is zero after a masked step if the layer says so: newer versions never let it.
    """
    whole = table.zeroes_both_directions(site.version) and layer.config.get("return_sequences")
    return bool(whole or layer.config.get("zero_output_for_mask"))


def _together(site: Site, first: Traced, second: Traced) -> list[Traced]:
    match site.config.get("merge_mode", "concat"):
        case None:
            return [first, second]
        case "concat":
            return [concat([first, second], -1)]
        case "sum":
            return [first + second]
        case "ave":
            return [(first + second) * 0.5]
        case "mul":
            return [first * second]
        case other:
            site.refuse(f"merge_mode={other!r}")


# ---------------------------------------------------------------------------- every step on its own


def time_distributed(site: Site) -> Outputs:
    """The wrapped layer on all steps at once, as so many more examples."""
    layer = site.layer.children["layer"]
    if len(site.inputs) != 1:
        site.refuse("several inputs for each step")
    mask = _inner_mask(site, layer)
    if any(part.class_name == "Operator" for part in layer.walk()):
        return _step_by_step(site, layer)
    sizes = sizes_of(site.x)
    outputs, made = site.apply(layer, [_merged(site.x)], [mask])
    site.masks_out = _masks_of_steps(site, layer, made)
    return [value.reshape([*sizes[:2], *sizes_of(value)[1:]]) for value in outputs]


def _merged(x: Traced) -> Traced:
    """Batch and time as one axis."""
    sizes = sizes_of(x)
    return x.reshape([product_of(sizes[:2]), *sizes[2:]])


def _inner_mask(site: Site, layer: Layer) -> Mask:
    """What the wrapped layer gets of a mask: in Keras 2, that of its own steps, if it has some."""
    mask = site.mask
    uses = any(part.class_name in table.RECURRENT | table.USE for part in layer.walk())
    if mask is None or not uses:
        return None
    if site.generation == 3 or mask.rank < 3:
        site.refuse(f"the {layer.class_name} inside is given a mask of whole steps")
    return _merged(mask)


def _masks_of_steps(site: Site, layer: Layer, made: list[Mask]) -> list[Mask]:
    """That of the input; in Keras 2 also one that the layer inside makes of each step."""
    if site.generation == 2 and made and made[0] is not None:
        sizes = sizes_of(site.x)
        return [made[0].reshape([*sizes[:2], *sizes_of(made[0])[1:]])]
    mask = site.mask
    if mask is not None and site.generation == 2 and mask.rank > 2:
        mask = mask.reduce("Any", list(range(2, mask.rank)))
    return [mask]


def _step_by_step(site: Site, layer: Layer) -> Outputs:
    """For what may look at other examples, which operators can."""
    site.known(site.x.dims[1:2], "the time of its input")
    results = [site.apply(layer, [step])[0] for step in unstack(site.x, 1)]
    site.masks_out = [site.mask]
    return [stack(values, 1) for values in zip(*results, strict=True)]


LAYERS: dict[str, Write] = {
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "Wrapper": Refusal("a wrapper without a meaning of its own"),
}
