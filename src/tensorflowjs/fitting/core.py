"""Dense, Embedding and other layers that look at one value, or one vector of values, at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflowjs.catalog.einsum import Einsum, parse
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.axes import product
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.kernels import computed, in_shape
from tensorflowjs.ir.layers import Config, Ref
from tensorflowjs.tensors import Tensor, cast

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRAPH_MODEL = "convert to a graph model instead: --output_format=tfjs_graph_model"
LINEAR: Config = {"activation": "linear"}


def input_layer(site: Site) -> Outputs:
    """As it is; types that TF.js lacks become the nearest it has."""
    if site.config.get("ragged"):
        site.refuse("ragged=True: TF.js has no ragged tensors", "pad the input and use a Masking layer")
    return site.keep()


def identity(site: Site) -> Outputs:
    """A linear Activation."""
    return site.put("Activation", LINEAR)


def refused_lambda(site: Site) -> Outputs:
    """Refused: it is Python code, which is never run."""
    site.refuse("Python code, which is never run and which TF.js could not run", "rebuild it from built-in layers")


def embedding(site: Site) -> Outputs:
    """As it is."""
    length = site.config.get("input_length")
    lengths = length if isinstance(length, list) else [length]
    matches = len(lengths) == len(site.known_shape()) - 1
    return site.keep(input_length=length if matches else None, mask_zero=bool(site.config.get("mask_zero")))


def reversible_embedding(site: Site) -> Outputs:
    """Embedding; called in reverse, Dense with the embeddings turned round."""
    embeddings = site.weights["embeddings"]
    if not site.call.kwargs.get("reverse"):
        return site.put("Embedding", {**site.config, "input_length": None}, weights={"embeddings": embeddings})
    turned = (embeddings.shape[1], embeddings.shape[0])
    kernel = site.weights.get("reverse_embeddings") or computed(embeddings, turned, lambda values: values.T)
    config = {"units": turned[1], "activation": "linear", "use_bias": False}
    logits = site.put("Dense", config, part="reverse", weights={"kernel": kernel})
    cap = site.config.get("logit_soft_cap")
    if cap is None:
        return logits
    small = site.put("Rescaling", {"scale": 1 / cap, "offset": 0.0}, [logits], part="reverse_scale")
    curve = site.put("Activation", {"activation": "tanh"}, [small], part="reverse_tanh")
    return site.put("Rescaling", {"scale": cap, "offset": 0.0}, [curve], part="reverse_cap")


# ---------------------------------------------------------------------------- einsum


def einsum_dense(site: Site) -> Outputs:
    """Dense, with the axes it contracts and those it adds merged; an equation that batches its kernel is refused."""
    einsum = parse(site.config, site.known_shape())
    if einsum is None or not _is_dense(einsum):
        site.refuse(f'equation "{site.config["equation"]}", which no Dense layer expresses', GRAPH_MODEL)
    return _Contraction(site, einsum).build()


def _is_dense(einsum: Einsum) -> bool:
    """Whether every axis is one of: left alone (with the batch in front), contracted with the kernel, added by it."""
    inputs, kernel, output = set(einsum.input), set(einsum.kernel), set(einsum.output)
    distinct = all(len(set(letters)) == len(letters) for letters in (einsum.input, einsum.kernel, einsum.output))
    apart = not inputs & kernel & output and kernel <= inputs | output
    complete = inputs <= kernel | output and output <= kernel | inputs
    batch = einsum.input[0] == einsum.output[0] and einsum.input[0] not in kernel
    return distinct and apart and complete and batch and len(einsum.output) > 1


class _Contraction:
    """An EinsumDense being built: axes left alone, then those contracted or added, through one Dense layer."""

    def __init__(self, site: Site, einsum: Einsum) -> None:
        self.site, self.einsum = site, einsum
        self.batch = einsum.input[0]
        self.alone = "".join(letter for letter in einsum.input[1:] if letter in einsum.output)
        self.contracted = "".join(letter for letter in einsum.input if letter in einsum.kernel)
        self.added = "".join(letter for letter in einsum.output if letter in einsum.kernel)

    def build(self) -> Ref:
        site, einsum = self.site, self.einsum
        in_dense = set(einsum.bias) - {"1"} <= set(self.added)
        simple = len(self.added) == 1 and self.alone + self.added == einsum.output[1:] and in_dense
        ref = self._dense(self._inputs(site.inputs[0]), in_dense, site.config["activation"] if simple else "linear")
        if simple:
            return ref
        ref = self._outputs(ref)
        if not in_dense:
            offset = cast(site.weights["bias"], "float32").read().tolist()
            ref = site.put("Rescaling", {"scale": 1.0, "offset": offset}, [ref], part="bias")
        if site.config["activation"] == "linear":
            return ref
        return site.put("Activation", {"activation": site.config["activation"]}, [ref], part="activation")

    def _inputs(self, ref: Ref) -> Ref:
        ref = self._ordered(ref, self.einsum.input[1:], self.alone + self.contracted, "inputs_last")
        if len(self.contracted) == 1:
            return ref
        size = product(self.einsum.shape(self.contracted))
        return layout.reshaped(self.site, ref, [*self.einsum.shape(self.alone), size], "inputs_merged")

    def _outputs(self, ref: Ref) -> Ref:
        if len(self.added) != 1:
            ref = layout.reshaped(self.site, ref, self.einsum.shape(self.alone + self.added), "outputs_parted")
        return self._ordered(ref, self.alone + self.added, self.einsum.output[1:], "outputs_ordered")

    def _ordered(self, ref: Ref, now: str, wanted: str, part: str) -> Ref:
        if now == wanted:
            return ref
        return layout.permuted(self.site, ref, [now.index(letter) + 1 for letter in wanted], part)

    def _dense(self, ref: Ref, with_bias: bool, activation: Any) -> Ref:
        weights = self._weights(with_bias)
        units = weights["kernel"].shape[1]
        config = {**self.site.config, "units": units, "use_bias": "bias" in weights, "activation": activation}
        return self.site.put("Dense", config, [ref], weights=weights)

    def _weights(self, with_bias: bool) -> dict[str, Tensor]:
        kernel, bias = self.site.weights["kernel"], self.site.weights.get("bias")
        size = dict(zip(self.einsum.kernel, kernel.shape, strict=True))
        added = tuple(size[letter] for letter in self.added)
        units = product(added) or 1
        order = [self.einsum.kernel.index(letter) for letter in self.contracted + self.added]
        shape = (kernel.count // units, units)
        weights = {"kernel": computed(kernel, shape, lambda values: values.transpose(order).reshape(shape))}
        if bias is not None and with_bias:
            weights["bias"] = in_shape(_broadcast(bias, self.einsum.bias, self.added, added), (units,))
        return weights


def _broadcast(bias: Tensor, letters: str, added: str, sizes: tuple[int, ...]) -> Tensor:
    """A bias on some of the added axes, on all of them."""

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        from numpy import broadcast_to

        return broadcast_to(values.reshape([_size(letters, values, letter) for letter in added]), sizes)

    return computed(bias, sizes, spread)


def _size(letters: str, values: NDArray[Any], letter: str) -> int:
    return int(values.shape[letters.index(letter)]) if letter in letters else 1


RULES: dict[str, Rule] = {
    "InputLayer": input_layer,
    "EinsumDense": einsum_dense,
    "Embedding": embedding,
    "ReversibleEmbedding": reversible_embedding,
    "Identity": identity,
    "Lambda": refused_lambda,
}
