"""The rule of all operators: one rule for each, in tables by what they do."""

from __future__ import annotations

from tensorflowjs.fitting import arithmetic, comparisons, rearranging, slicing
from tensorflowjs.fitting.engine import Outputs, Rule, Site

OPERATORS: dict[str, Rule] = {
    **arithmetic.OPERATORS,
    **comparisons.OPERATORS,
    **slicing.OPERATORS,
    **rearranging.OPERATORS,
}


def operator(site: Site) -> Outputs:
    """Built from layers, for operators and operands that can be."""
    rule = OPERATORS.get(site.config["op"])
    if rule is None:
        shown = site.config.get("tensorflow") or site.config["op"]
        site.refuse(f"the operator {shown}: TF.js has no layers for it", arithmetic.GRAPH_MODEL)
    return rule(site)


RULES: dict[str, Rule] = {"Operator": operator}
