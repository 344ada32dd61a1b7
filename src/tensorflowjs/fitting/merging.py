"""Rules of the layers that take several tensors."""

from __future__ import annotations

from tensorflowjs.catalog.layers.merging import dot_axes
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref


def merge(site: Site) -> Outputs:
    """Kept; a single input passes through."""
    if len(site.inputs) == 1:
        return site.put("Activation", {"activation": "linear"})
    return site.keep()


def subtract(site: Site) -> Outputs:
    """The sum of the first and the negative of the second."""
    return difference(site, site.inputs[0], site.inputs[1])


def difference(site: Site, a: Ref, b: Ref) -> Ref:
    negative = site.put("Rescaling", {"scale": -1.0, "offset": 0.0}, [b], part="negative")
    return site.put("Add", {}, [a, negative])


def concatenate(site: Site) -> Outputs:
    """Along the axis counted from the front, which is how TF.js needs it."""
    shape = site.known_shape()
    if len(site.inputs) == 1:
        return site.put("Activation", {"activation": "linear"})
    axis = site.config["axis"] % len(shape)
    if axis == 0:
        site.refuse("axis 0, the batch: TF.js cannot load a model that concatenates batches")
    _check_sizes(site, axis)
    return site.put("Concatenate", {"axis": axis})


def _check_sizes(site: Site, axis: int) -> None:
    """TF.js takes a size that is known in one input and unknown in another for a mismatch."""
    shapes = [site.known_shape(index) for index in range(len(site.inputs))]
    for other in range(len(shapes[0])):
        if other != axis and len({shape[other] for shape in shapes}) > 1:
            shown = ", ".join(layout.shown(shape) for shape in shapes)
            site.refuse(
                f"inputs of shapes {shown}: for TF.js a size known in one and unknown in another does not match",
                "give the model's input a fixed size",
            )


def dot(site: Site) -> Outputs:
    """Kept for up to two axes beside the batch; axes counted from the front."""
    one, two = site.known_shape(0), site.known_shape(1)
    if max(len(one), len(two)) > 3:
        site.refuse("an input with more than three axes: TF.js multiplies vectors and matrices only")
    axes = dot_axes(site.config["axes"], (len(one), len(two)))
    if 0 in axes:
        site.refuse("axes that include the batch")
    return site.keep(axes=list(axes))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Add", "Multiply", "Average", "Maximum", "Minimum"), merge),
    "Subtract": subtract,
    "Concatenate": concatenate,
    "Dot": dot,
}
