"""A TensorFlow graph with no file format in it: nodes, the values between them, functions, signature.

    GraphModel      the whole: main graph, functions by name, signature, table initialiser
    Graph           nodes by name, inputs and outputs in order
    Node            one operation: op, inputs, attributes
    Value           one output of a node, and who uses it
    Signature       the inputs and outputs of the model under the names users call them by

Values are objects, not names: an input *is* the value it reads, so a node can be renamed or replaced without looking
for its readers. Every value knows its users; `Node.set_input`, `Graph.add`, `Graph.remove` and
`Value.replace_by` keep that true, and nothing else may touch inputs.

Attributes hold plain Python values: bytes (strings of TensorFlow), int, float, bool, `Type` (a dtype), `Shape`, `Func`,
`Tensor` (a promise of values: `value` of a Const), or lists of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tensorflowjs.tensors import Tensor


@dataclass(frozen=True)
class Type:
    """A dtype as an attribute, by our name ("float32"); "resource" and "variant" as well."""

    name: str


@dataclass(frozen=True)
class Shape:
    """Sizes of the axes, None where unknown; `dims` None where not even the rank is known."""

    dims: tuple[int | None, ...] | None = None


@dataclass(frozen=True)
class Func:
    """A reference to a function, with the attributes it is instantiated with."""

    name: str
    attrs: tuple[tuple[str, Attr], ...] = ()


@dataclass(frozen=True)
class Placeholder:
    """Inside a function: the attribute of this name of whoever calls it."""

    name: str


Scalar = bytes | int | float | bool | Type | Shape | Func | Placeholder | Tensor
Attr = Scalar | list[Scalar]


class Value:
    """Output `index` of `node`."""

    __slots__ = ("_users", "index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self._users: dict[Node, int] = {}  # how many inputs of each node read this value

    @property
    def users(self) -> list[Node]:
        """The nodes that read this value, each once, in the order in which they began to."""
        return list(self._users)

    @property
    def used(self) -> bool:
        """Whether any node reads this value (outputs of the graph not counted)."""
        return bool(self._users)

    @property
    def only_user(self) -> Node | None:
        """The node that reads this value, if it is one alone; unlike `users` no work where there are many."""
        return next(iter(self._users)) if len(self._users) == 1 else None

    @property
    def name(self) -> str:
        return self.node.name if self.index == 0 else f"{self.node.name}:{self.index}"

    def replace_by(self, other: Value) -> None:
        """Let everything that reads this value, outputs of the graph included, read `other`."""
        for user in self.users:
            for position, value in enumerate(user.inputs):
                if value is self:
                    user.set_input(position, other)
        graph = self.node.graph
        if graph is not None and self in graph.outputs:
            graph.outputs = [other if value is self else value for value in graph.outputs]

    def __repr__(self) -> str:
        return f"%{self.name}"


class Node:
    """One operation. `controls` are nodes that must have run before; they carry no values."""

    __slots__ = ("_inputs", "_outputs", "attrs", "controls", "graph", "name", "op")

    def __init__(
        self,
        name: str,
        op: str,
        inputs: Iterable[Value] = (),
        attrs: dict[str, Attr] | None = None,
        controls: Iterable[Node] = (),
    ) -> None:
        self.name = name
        self.op = op
        self.attrs = dict(attrs or {})
        self.controls = list(controls)
        self.graph: Graph | None = None
        self._inputs: tuple[Value, ...] = ()
        self._outputs: list[Value] = []
        self.set_inputs(inputs)

    @property
    def inputs(self) -> tuple[Value, ...]:
        return self._inputs

    @property
    def output(self) -> Value:
        return self.value(0)

    def value(self, index: int) -> Value:
        """Output number `index`."""
        while len(self._outputs) <= index:
            self._outputs.append(Value(self, len(self._outputs)))
        return self._outputs[index]

    @property
    def outputs(self) -> list[Value]:
        """The outputs that anything has asked for so far."""
        return list(self._outputs)

    @property
    def used(self) -> bool:
        """Whether any output is read by a node (outputs of the graph not counted)."""
        return any(value.used for value in self._outputs)

    def set_input(self, position: int, value: Value) -> None:
        _forget(self._inputs[position], self)
        inputs = list(self._inputs)
        inputs[position] = value
        self._inputs = tuple(inputs)
        _remember(value, self)

    def set_inputs(self, values: Iterable[Value]) -> None:
        for value in self._inputs:
            _forget(value, self)
        self._inputs = tuple(values)
        for value in self._inputs:
            _remember(value, self)

    @property
    def tensor(self) -> Tensor:
        """The values of a Const."""
        value = self.attrs["value"]
        assert isinstance(value, Tensor), self
        return value

    def __repr__(self) -> str:
        return f"{self.name} = {self.op}({', '.join(map(repr, self._inputs))})"


def _remember(value: Value, user: Node) -> None:
    value._users[user] = value._users.get(user, 0) + 1


def _forget(value: Value, user: Node) -> None:
    count = value._users[user] - 1
    if count:
        value._users[user] = count
    else:
        del value._users[user]


@dataclass(eq=False)
class Graph:
    """Nodes in the order in which they were added, which need not be one in which they can run.

    In a function, `inputs` are its arguments: nodes of op "Arg", which the main graph does not have.
    """

    name: str = "main"
    nodes: dict[str, Node] = field(default_factory=dict)
    inputs: list[Node] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    output_names: list[str] = field(default_factory=list)  # of a function's results
    _suffixes: dict[str, int] = field(default_factory=dict, repr=False)  # the last one tried behind a name

    def add(self, node: Node) -> Node:
        """Add `node`; its name must be new."""
        if node.name in self.nodes:
            raise ValueError(f"{self.name}: two nodes named {node.name}")
        node.graph = self
        self.nodes[node.name] = node
        return node

    def fresh_name(self, wanted: str) -> str:
        name = wanted
        while name in self.nodes:
            self._suffixes[wanted] = count = self._suffixes.get(wanted, 0) + 1
            name = f"{wanted}_{count}"
        return name

    def remove(self, nodes: Iterable[Node]) -> None:
        """Remove nodes that nothing else reads."""
        gone = list(nodes)
        for node in gone:
            node.set_inputs(())
            node.controls.clear()
        for node in gone:
            if node.used:
                raise ValueError(f"{self.name}: {node.name} is still read")
            node.graph = None
            del self.nodes[node.name]

    def rename(self, node: Node, name: str) -> None:
        """Give `node` another name; it moves to the end of the order."""
        del self.nodes[node.name]
        node.name = name
        self.add(node)

    def is_output(self, value: Value) -> bool:
        return value in self.outputs

    def in_order(self) -> list[Node]:
        """All nodes, each behind those it reads; back edges of version 1 loops are not followed."""
        done: set[Node] = set()
        ordered: list[Node] = []
        for start in self.nodes.values():
            if start in done:
                continue
            done.add(start)
            stack = [(start, iter(_before(start)))]
            while stack:
                node, rest = stack[-1]
                for other in rest:
                    if other not in done:
                        done.add(other)
                        stack.append((other, iter(_before(other))))
                        break
                else:
                    ordered.append(node)
                    stack.pop()
        return ordered


def _before(node: Node) -> list[Node]:
    before = [value.node for value in node.inputs]
    if node.op == "Merge":
        before = [other for other in before if other.op != "NextIteration"]
    return before + node.controls if node.controls else before


@dataclass
class Port:
    """An input or output of the model: the key users know it by, its dtype and shape."""

    key: str
    type: Type
    shape: Shape
    resource: int | None = None  # number of the table that comes in here


@dataclass
class Signature:
    """What users call the `inputs` and `outputs` of the main graph, in the same order, which is that of TF.js."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    method: str = "tensorflow/serving/predict"


@dataclass
class GraphModel:
    graph: Graph
    functions: dict[str, Graph] = field(default_factory=dict)
    signature: Signature = field(default_factory=Signature)
    initializer: Graph | None = None
    initializer_signature: Signature | None = None
    producer: str | None = None  # version of the TensorFlow that made it
    structured_outputs: list[str] | None = None
    metadata: dict[str, object] = field(default_factory=dict)
    assets: Path | None = None  # folder of files that operations read when TF.js runs them
