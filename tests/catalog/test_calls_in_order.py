"""Calls come after what they take their inputs from, in the order in which going through them in rounds finds them."""

from __future__ import annotations

import random
import time

import pytest

from tensorflowjs.catalog.inference import calls_in_order
from tensorflowjs.ir.layers import Call, Layer, Model, Ref

Key = tuple[str, int]


def in_rounds(model: Model) -> list[Key]:
    """The same, plainly."""
    done: list[Key] = []
    waiting = [(layer.name, number, call) for layer in model.layers for number, call in enumerate(layer.calls)]
    before = -1
    while before != len(done):
        before = len(done)
        for name, number, call in waiting:
            if (name, number) not in done and all((ref.layer, ref.call) in done for ref in call.inputs):
                done.append((name, number))
    return done


def keys(model: Model) -> list[Key]:
    return [(layer.name, number) for layer, number, _ in calls_in_order(model)]


@pytest.mark.parametrize("seed", range(200))
def test_random_graphs(seed: int) -> None:
    """Shared layers, tensors used twice, circles and references to nothing among them."""
    chance = random.Random(seed)
    layers = [Layer(f"l{index}", "Add") for index in range(chance.randint(1, 12))]
    for layer in layers:
        for _ in range(chance.randint(0, 3)):
            sources = [
                Ref(f"l{chance.randint(0, len(layers))}", chance.randint(0, 2))
                for _ in range(chance.choice((0, 1, 1, 2)))
            ]
            layer.calls.append(Call([*sources, *sources[:1]]))
    model = Model("m", "Functional", layers)
    assert keys(model) == in_rounds(model)


def test_a_long_chain_from_its_end() -> None:
    count = 20_000
    layers = [
        Layer(f"l{index}", "Add", calls=[Call([Ref(f"l{index - 1}")] if index else [])]) for index in range(count)
    ]
    start = time.monotonic()
    assert keys(Model("m", "Functional", layers[::-1])) == [(f"l{index}", 0) for index in range(count)]
    assert time.monotonic() - start < 10
