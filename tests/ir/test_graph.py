"""Graphs keep track of who reads what."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import Graph, Node
from tensorflowjs.ir.text import parse


def small() -> Graph:
    return parse("""
    graph main
      input x: float32 shape[2] = %x
      output y: float32 shape[2] = %sum
      %x = Placeholder()
      %a = Relu(%x)
      %sum = Add(%a, %a)
      %late = Neg(%sum)
    """).graph


def test_a_value_lists_each_user_once() -> None:
    nodes = small().nodes
    assert nodes["a"].output.users == [nodes["sum"]]
    assert nodes["x"].output.users == [nodes["a"]]


def test_a_value_tells_its_only_user() -> None:
    nodes = small().nodes
    assert nodes["a"].output.only_user is nodes["sum"]  # which reads it twice
    nodes["late"].set_input(0, nodes["a"].output)
    assert nodes["a"].output.only_user is None
    nodes["sum"].set_inputs([nodes["x"].output] * 2)
    assert nodes["a"].output.only_user is nodes["late"]
    nodes["late"].set_input(0, nodes["x"].output)
    assert nodes["a"].output.only_user is None
    assert not nodes["a"].output.used


def test_replacing_a_value_moves_users_and_outputs() -> None:
    graph = small()
    nodes = graph.nodes
    nodes["a"].output.replace_by(nodes["x"].output)
    assert nodes["sum"].inputs == (nodes["x"].output, nodes["x"].output)
    assert nodes["a"].output.users == []
    nodes["sum"].output.replace_by(nodes["a"].output)
    assert graph.outputs == [nodes["a"].output]
    assert nodes["late"].inputs == (nodes["a"].output,)


def test_what_is_read_cannot_be_removed() -> None:
    graph = small()
    with pytest.raises(ValueError, match="a is still read"):
        graph.remove([graph.nodes["a"]])
    graph.remove([graph.nodes["late"]])
    assert "late" not in graph.nodes


def test_order_puts_nodes_behind_what_they_read() -> None:
    graph = Graph()
    late = graph.add(Node("late", "Neg"))
    early = graph.add(Node("early", "Const"))
    last = graph.add(Node("last", "NoOp", controls=[late]))
    late.set_inputs([early.output])
    assert graph.in_order() == [early, late, last]


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    graph = Graph()
    node = graph.add(Node("start", "Const"))
    for number in range(20_000):
        node = graph.add(Node(f"n{number}", "Neg", [node.output]))
    graph.nodes = dict(reversed(graph.nodes.items()))
    assert graph.in_order()[0].name == "start"
    assert len(graph.in_order()) == 20_001


def test_names_are_unique() -> None:
    graph = small()
    with pytest.raises(ValueError, match="two nodes named a"):
        graph.add(Node("a", "Neg"))
    assert graph.fresh_name("a") == "a_1"
    graph.rename(graph.nodes["a"], "b")
    assert "a" not in graph.nodes
    assert graph.nodes["sum"].inputs[0].name == "b"
