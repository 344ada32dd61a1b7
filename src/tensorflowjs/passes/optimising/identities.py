"""Takes out nodes that hand on what they get."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def identity(at: Spot) -> Value:
    """What reads an Identity reads what the Identity reads; an output hands its name to the node before it.

    output y = %y                  output y = %y
    %x = Placeholder()             %x = Placeholder()
    %a = Relu(%x)              ->  %y = Relu(%x)
    %y = Identity(%a)
    """
    return at.x


def identities(at: Spot) -> list[Value]:
    """IdentityN hands on several."""
    return list(at.inputs)


PASS = Pass(
    "identities",
    "nodes that only hand on their input",
    rules={
        **dict.fromkeys(("Identity", "StopGradient", "PreventGradient", "Snapshot"), identity),
        "IdentityN": identities,
    },
)
