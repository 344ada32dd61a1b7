"""Layers that look at one value, or one vector of values, at a time, and those that act in training only."""

from __future__ import annotations

from math import prod

from tensorflowjs.catalog.einsum import Einsum, parse
from tensorflowjs.catalog.layers.preprocessing import AUGMENTING
from tensorflowjs.lowering.activations import activated
from tensorflowjs.lowering.engine import Outputs, Refusal, Site, Write
from tensorflowjs.lowering.functions import dense, gather, matmul, where
from tensorflowjs.lowering.values import FLOAT, INT, Traced


def dense_layer(site: Site) -> Outputs:
    return activated(site, dense(site.floats, site.weight("kernel"), site.optional("bias")))


def einsum_dense(site: Site) -> Outputs:
    x = site.floats
    einsum = parse(site.config, x.dims)
    if einsum is None:
        site.refuse(f'the equation "{site.config.get("equation")}" on an input of {x.rank} axes')
    y = _as_dense(site, x, einsum) or _einsum(site, x, einsum)
    if site.has("bias"):
        y = y + _bias(site, einsum)
    return activated(site, y)


def _as_dense(site: Site, x: Traced, einsum: Einsum) -> Traced | None:
    """A matrix product, where the equation sums over the last axes of the input and puts new ones in their place."""
    count = sum(letter not in einsum.output for letter in einsum.input)
    kept = einsum.input[: len(einsum.input) - count]
    summed, new = einsum.input[len(kept) :], einsum.output[len(kept) :]
    shape = site.tensor("kernel").shape
    if einsum.output[: len(kept)] != kept or einsum.kernel != summed + new or not count or len(new) < 1:
        return None
    rows, columns = prod(shape[:count]), prod(shape[count:])
    kernel = site.weight("kernel") if len(shape) == 2 else site.derived(
        "kernel", "as_matrix", (rows, columns), lambda values: values.reshape(rows, columns)
    )  # fmt: skip
    sizes = [x.size(axis) for axis in range(len(kept))]
    flat = x if count == 1 else x.reshape([*sizes, rows])
    y = dense(flat, kernel)
    return y if len(new) == 1 else y.reshape([*sizes, *shape[count:]])


def _einsum(site: Site, x: Traced, einsum: Einsum) -> Traced:
    kernel = site.weight("kernel")
    sizes = dict(zip(einsum.input, x.dims, strict=True)) | dict(zip(einsum.kernel, kernel.dims, strict=True))
    equation = f"{einsum.input},{einsum.kernel}->{einsum.output}".encode()
    dims = tuple(sizes[letter] for letter in einsum.output)
    return x.builder.put("Einsum", [x, kernel], FLOAT, dims, equation=equation, N=2)


def _bias(site: Site, einsum: Einsum) -> Traced:
    shape = site.tensor("bias").shape
    wanted = tuple(1 if letter == "1" else size for letter, size in zip(einsum.bias, shape, strict=False))
    if len(einsum.bias) <= len(shape) or not einsum.bias:
        return site.weight("bias")
    return site.derived("bias", "spread", (*wanted, *(1,) * (len(einsum.bias) - len(wanted))), lambda values: values)


def embedding(site: Site) -> Outputs:
    """Rows of a table. A mask of it says which ids are not 0."""
    ids = site.x
    if site.config.get("mask_zero"):
        site.masks_out = [ids.differs(0)]
    return gather(site.weight("embeddings"), ids.cast(INT))


def reversible_embedding(site: Site) -> Outputs:
    args = dict(zip(("inputs", "reverse"), site.args, strict=False)) | site.kwargs
    if not args.get("reverse"):
        return embedding(site)
    site.masks_out = []
    tied = not site.has("reverse_embeddings")
    kernel = site.weight("embeddings" if tied else "reverse_embeddings")
    x = site.floats
    flat = x if x.rank == 2 else x.reshape([-1, kernel.dims[1 if tied else 0] or -1])
    logits = matmul(flat, kernel, b_turned=tied)
    if x.rank != 2:
        logits = logits.reshape([*(x.size(axis) for axis in range(x.rank - 1)), kernel.dims[0 if tied else 1] or -1])
    cap = site.config.get("logit_soft_cap")
    return logits if cap is None else (logits / float(cap)).each("Tanh") * float(cap)


def masking(site: Site) -> Outputs:
    """Steps of nothing but the value that says so become zeros, and are masked."""
    x, value = site.floats, float(site.config.get("mask_value") or 0)
    counts = x.differs(value).reduce("Any", [-1], keep=True)
    site.masks_out = [counts.squeeze([-1])]
    return x * counts.cast(FLOAT) if site.generation == 2 else where(counts, x, 0.0)


def unchanged(site: Site) -> Outputs:
    """At inference."""
    return site.x


def augmenting(site: Site) -> Outputs:
    if len(site.inputs) != 1:
        site.refuse("called with labels or boxes beside the images", "take it out of the model")
    return site.floats


LAYERS: dict[str, Write] = {
    "Dense": dense_layer,
    "EinsumDense": einsum_dense,
    "Embedding": embedding,
    "ReversibleEmbedding": reversible_embedding,
    "Masking": masking,
    "Identity": unchanged,
    "Lambda": Refusal("it holds Python code, which is not part of the model file", "use layers of Keras instead"),
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
         "AlphaDropout", "ActivityRegularization", "StochasticDepth"), unchanged,
    ),
    **dict.fromkeys(AUGMENTING, augmenting),
}  # fmt: skip
