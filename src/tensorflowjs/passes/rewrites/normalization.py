"""Batch normalisation, in all the forms that TensorFlow has had."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import flag, number, text
from tensorflowjs.passes.rewrites.channels import channels_first, moved
from tensorflowjs.passes.rewrites.site import Rule, Site


def fused_batch_norm(at: Site) -> Value | None:
    """In training: FusedBatchNorm(x, scale, offset) -> (x - mean) * Rsqrt(variance + epsilon) * scale + offset

    with mean and variance of x itself, which is what Keras 2 makes of layer normalisation. TF.js would take them
    from the inputs, which are empty then.
    """
    if flag(at.old, "is_training", True):
        return _by_moments(at)
    if channels_first(at.old):
        return moved(at)
    return None if "epsilon" in at.old.attrs else at.again(*at.inputs, epsilon=1e-4)


def _by_moments(at: Site) -> Value:
    x, scale, offset = at.inputs[:3]
    rank = len(text(at.old, "data_format", "NHWC"))
    channel = 1 if channels_first(at.old) else rank - 1
    axes = [axis for axis in range(rank) if axis != channel]
    mean = at.mean(x, axes, keep=True)
    variance = at.mean(at("SquaredDifference", x, mean), axes, keep=True)
    if channel == 1:
        scale, offset = (at.reshape(value, [-1, *[1] * (rank - 2)]) for value in (scale, offset))
    return _normalized(at, x, mean, variance, scale, offset, number(at.old, "epsilon", 1e-4))


def _normalized(
    at: Site, x: Value, mean: Value, variance: Value, scale: Value | None, offset: Value, epsilon: float
) -> Value:
    factor = at("Rsqrt", at("AddV2", variance, at.like(epsilon, x)))
    if scale is not None:
        factor = at("Mul", factor, scale)
    return at("AddV2", at("Mul", at("Sub", x, mean), factor), offset)


def fused_batch_norm_ex(at: Site) -> Value | None:
    """_FusedBatchNormEx -> FusedBatchNormV3, AddV2 of the side input, Relu"""
    activation = text(at.old, "activation_mode", "Identity")
    if activation not in ("Identity", "Relu"):
        return None
    keys = ("epsilon", "data_format", "is_training", "exponential_avg_factor", "T", "U")
    attrs = {key: at.old.attrs[key] for key in keys if key in at.old.attrs}
    result = at("FusedBatchNormV3", *at.inputs[:5], **attrs)
    if len(at.inputs) > 5:
        result = at("AddV2", result, at.inputs[5])
    return at("Relu", result) if activation == "Relu" else result


def global_batch_norm(at: Site) -> Value:
    """BatchNormWithGlobalNormalization(x, mean, variance, beta, gamma) -> what it computes"""
    x, mean, variance, beta, gamma = at.inputs
    scale = gamma if flag(at.old, "scale_after_normalization") else None
    return _normalized(at, x, mean, variance, scale, beta, number(at.old, "variance_epsilon", 1e-3))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), fused_batch_norm),
    "_FusedBatchNormEx": fused_batch_norm_ex,
    "BatchNormWithGlobalNormalization": global_batch_norm,
}
