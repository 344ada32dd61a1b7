"""The rules of all families, and which class has none because it can stay as it is."""

from __future__ import annotations

from tensorflowjs.catalog.layers import LAYERS
from tensorflowjs.fitting import (
    activations,
    applications,
    attention,
    conv_lstm,
    convolution,
    core,
    depthwise,
    hidden_masks,
    locally_connected,
    merging,
    normalization,
    operators,
    padding,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    reshaping,
    transposed,
    upsampling,
    wrappers,
)
from tensorflowjs.fitting.engine import Outputs, Refusal, Rule, Site

FAMILIES: tuple[dict[str, Rule], ...] = (
    core.RULES,
    activations.RULES,
    merging.RULES,
    operators.RULES,
    reshaping.RULES,
    normalization.RULES,
    regularization.RULES,
    applications.RULES,
    attention.RULES,
    convolution.RULES,
    depthwise.RULES,
    locally_connected.RULES,
    transposed.RULES,
    pooling.RULES,
    preprocessing.RULES,
    padding.RULES,
    upsampling.RULES,
    recurrent.RULES,
    hidden_masks.RULES,
    conv_lstm.RULES,
    wrappers.RULES,
)


def keep(site: Site) -> Outputs:
    """TF.js's class of the same name does the same."""
    return site.keep()


def all_rules() -> dict[str, Rule]:
    rules: dict[str, Rule] = {row.name: keep for row in LAYERS.values() if row.tfjs is not None}
    for family in FAMILIES:
        rules.update(family)
    return {name: _with_any_activation(name, rule) for name, rule in rules.items()}


def _with_any_activation(class_name: str, rule: Rule) -> Rule:
    splits = activations.follows(class_name) and not isinstance(rule, Refusal)
    return activations.split_off(rule) if splits else rule
