"""Random numbers: TF.js draws its own, and never from a seed as TensorFlow would."""

from __future__ import annotations

from tensorflowjs import events
from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.rewrites.site import Rule, Site

_PLAIN = {
    "StatelessRandomUniform": "RandomUniform",
    "StatelessRandomUniformV2": "RandomUniform",
    "StatelessRandomNormal": "RandomStandardNormal",
    "StatelessRandomNormalV2": "RandomStandardNormal",
    "StatelessTruncatedNormal": "TruncatedNormal",
    "StatelessTruncatedNormalV2": "TruncatedNormal",
}


def stateless(at: Site) -> Value:
    """StatelessRandomUniform(shape, seed) -> RandomUniform(shape)"""
    _say(at)
    return at(_PLAIN[at.old.op], at.x, dtype=Type("float32"), seed=0, seed2=0)


def uniform_integers(at: Site) -> Value | None:
    """RandomUniformInt(shape, low, high) -> low + Cast(Floor(RandomUniform(shape) * (high - low)))"""
    low, high = at.inputs[-2:]
    if at.old.op.startswith("Stateless"):
        _say(at)
    share = at("RandomUniform", at.x, dtype=Type("float32"), seed=0, seed2=0)
    span = at.cast(at("Sub", high, low), "float32")
    return at("AddV2", low, at.cast(at("Floor", at("Mul", share, span)), "int32"))


def multinomial(at: Site) -> Value:
    """StatelessMultinomial(logits, count, seed) -> Multinomial(logits, count)"""
    _say(at)
    return at("Multinomial", *at.inputs[:2], seed=0, seed2=0, output_dtype=Type("int32"))


def _say(at: Site) -> None:
    events.note("it draws its random numbers from a seed, which TF.js cannot: they will be others.", at.old.name)


RULES: dict[str, Rule] = {
    **dict.fromkeys(_PLAIN, stateless),
    **dict.fromkeys(("RandomUniformInt", "StatelessRandomUniformInt", "StatelessRandomUniformIntV2"), uniform_integers),
    "StatelessMultinomial": multinomial,
}
