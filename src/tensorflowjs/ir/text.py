"""A text form of graphs, for people: in tests, reports and bug reports.

    graph main
      input x: float32 shape[?, 2] = %x
      output y: float32 shape[?, 2] = %y
      %x = Placeholder() {dtype: float32, shape: shape[?, 2]}
      %w = Const() {value: float32[2, 2]{0.5, -1.0, 2.0, 0.25}}
      %product = MatMul(%x, %w) {transpose_a: false}
      %y = Relu(%product) ^%checked

    function body
      input a = %a
      output result = %a
      %a = Arg() {T: float32}

`%split:1` is the second output of a node, `^%n` a control input. Attributes are numbers, true and false, "strings",
dtypes (float32), shapes (shape[?, 2], shape[*] of unknown rank), tensors, functions (@name), attributes of the caller
($T), and lists of these. `parse(print(model))` gives the same model, if no tensor was too long to print.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Placeholder, Port, Scalar, Shape, Type, Value
from tensorflowjs.tensors import ArrayTensor, Tensor

MOST_VALUES = 64  # of a tensor; more are printed as `...`
_WORD = re.compile(r"[A-Za-z_][\w./-]*")
_TOKEN = re.compile(
    r'\s*("(?:[^"\\]|\\.)*"|%[\w./^-]+(?::\d+)?|\^|@[\w./-]+|\$\w+|\.\.\.'
    r"|[-+]?(?:inf|nan)\b|[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|[A-Za-z_][\w./-]*|[][(){},:=?*])"
)


class TextError(ValueError):
    """A text that is not in this form; says in which line."""


# ---------------------------------------------------------------------------- printing


def show(model: GraphModel, *, most_values: int = MOST_VALUES) -> str:
    """The text form of a whole model."""
    parts = [show_graph(model.graph, "graph", model.signature.inputs, model.signature.outputs, most_values)]
    parts += [show_graph(function, "function", (), (), most_values) for function in model.functions.values()]
    return "\n".join(parts)


def show_graph(
    graph: Graph,
    kind: str = "graph",
    inputs: list[Port] | tuple[()] = (),
    outputs: list[Port] | tuple[()] = (),
    most_values: int = MOST_VALUES,
) -> str:
    lines = [f"{kind} {graph.name}"]
    for index, node in enumerate(graph.inputs):
        lines.append(f"  input {_port(inputs, index, node.name)} = %{node.name}")
    for index, value in enumerate(graph.outputs):
        name = graph.output_names[index] if graph.output_names else value.node.name
        lines.append(f"  output {_port(outputs, index, name)} = {value!r}")
    lines += [f"  {show_node(node, most_values)}" for node in graph.nodes.values()]
    return "\n".join(lines) + "\n"


def _port(ports: list[Port] | tuple[()], index: int, name: str) -> str:
    if index >= len(ports):
        return _key(name)
    port = ports[index]
    return f"{_key(port.key)}: {port.type.name} {_shape(port.shape)}"


def _key(name: str) -> str:
    return name if _WORD.fullmatch(name) else json.dumps(name)


def show_node(node: Node, most_values: int = MOST_VALUES) -> str:
    text = f"%{node.name} = {node.op}({', '.join(map(repr, node.inputs))})"
    if node.attrs:
        shown = (f"{key}: {_attr(node.attrs[key], most_values)}" for key in sorted(node.attrs))
        text += " {" + ", ".join(shown) + "}"
    return text + "".join(f" ^%{control.name}" for control in node.controls)


def _attr(value: Attr, most_values: int) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_attr(item, most_values) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return json.dumps(value.decode("latin-1"))
    if isinstance(value, Type):
        return value.name
    if isinstance(value, Shape):
        return _shape(value)
    if isinstance(value, Placeholder):
        return f"${value.name}"
    if isinstance(value, Func):
        return f"@{value.name}"
    if isinstance(value, Tensor):
        return _tensor(value, most_values)
    return repr(float(value)) if isinstance(value, float) else str(value)


def _shape(shape: Shape) -> str:
    if shape.dims is None:
        return "shape[*]"
    return "shape[" + ", ".join("?" if dim is None else str(dim) for dim in shape.dims) + "]"


def _tensor(tensor: Tensor, most_values: int) -> str:
    head = f"{tensor.dtype}[{', '.join(map(str, tensor.shape))}]"
    if tensor.count > most_values:
        return head + "{...}"
    return head + "{" + ", ".join(_number(item) for item in tensor.read().reshape(-1).tolist()) + "}"


def _number(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, bytes):
        return json.dumps(item.decode("latin-1"))
    if isinstance(item, str):
        return json.dumps(item)
    return repr(item)


# ---------------------------------------------------------------------------- parsing


def parse(text: str) -> GraphModel:
    """The model that a text in this form describes."""
    model: GraphModel | None = None
    for kind, name, lines in _sections(text):
        graph = Graph(name)
        section = _Section(graph, lines)
        section.read()
        graph.output_names = section.output_names
        if kind == "function":
            if model is None:
                model = GraphModel(Graph())
            model.functions[name] = graph
        else:
            functions = model.functions if model else {}
            model = GraphModel(graph, functions)
            model.signature.inputs, model.signature.outputs = section.inputs, section.outputs
    if model is None:
        raise TextError("there is no graph in the text")
    return model


def _sections(text: str) -> Iterator[tuple[str, str, list[tuple[int, str]]]]:
    head: tuple[str, str] | None = None
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split() if line.lstrip().startswith("#") else line.split()
        if not words:
            continue
        if words[0] in ("graph", "function") and len(words) == 2:
            if head:
                yield *head, lines
            head, lines = (words[0], words[1]), []
        elif head is None:
            raise TextError(f"line {number}: expected `graph NAME` or `function NAME`")
        else:
            lines.append((number, line))
    if head:
        yield *head, lines


class _Section:
    """One graph or function: nodes first, then what they read, so that order does not matter."""

    def __init__(self, graph: Graph, lines: list[tuple[int, str]]) -> None:
        self.graph = graph
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.output_names: list[str] = []
        self._lines = [_Line(number, text) for number, text in lines]

    def read(self) -> None:
        nodes = [line for line in self._lines if line.peek().startswith("%")]
        ports = [line for line in self._lines if not line.peek().startswith("%")]
        made = [(line, self.graph.add(line.node_head())) for line in nodes]
        for line, node in made:
            self._complete(line, node)
        for line in ports:
            self._port(line)

    def _complete(self, line: _Line, node: Node) -> None:
        node.set_inputs([self._value(line, name) for name in line.arguments()])
        node.attrs = line.attributes()
        while line.take_if("^"):
            node.controls.append(self._value(line, line.take()).node)
        line.end()

    def _port(self, line: _Line) -> None:
        kind, key = line.take(), line.take()
        key = json.loads(key) if key.startswith('"') else key
        port = None
        if line.take_if(":"):
            type_ = Type(line.take())
            shape = line.scalar(line.take())
            if not isinstance(shape, Shape):
                raise line.error("expected a shape")
            port = Port(key, type_, shape)
        line.expect("=")
        value = self._value(line, line.take())
        if kind == "input":
            self.graph.inputs.append(value.node)
            self.inputs += [port] if port else []
        elif kind == "output":
            self.graph.outputs.append(value)
            self.output_names.append(key)
            self.outputs += [port] if port else []
        else:
            raise line.error(f"unexpected {kind}")

    def _value(self, line: _Line, token: str) -> Value:
        name, _, index = token.removeprefix("%").partition(":")
        if not token.startswith("%") or name not in self.graph.nodes:
            raise line.error(f"there is no node {token}")
        return self.graph.nodes[name].value(int(index or 0))


class _Line:
    def __init__(self, number: int, text: str) -> None:
        self._number = number
        self._tokens = self._split(text)
        self._at = 0

    def _split(self, text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise self.error(f"cannot read {text[at:].strip()[:20]!r}")
            tokens.append(found.group(1))
            at = found.end()
        return tokens

    def error(self, message: str) -> TextError:
        return TextError(f"line {self._number}: {message}")

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise self.error("the line ends too early")
        self._at += 1
        return token

    def take_if(self, wanted: str) -> bool:
        found = self.peek() == wanted
        self._at += found
        return found

    def expect(self, wanted: str) -> None:
        token = self.take()
        if token != wanted:
            raise self.error(f"expected {wanted!r}, found {token!r}")

    def end(self) -> None:
        if self.peek():
            raise self.error(f"unexpected {self.peek()!r}")

    def node_head(self) -> Node:
        name = self.take().removeprefix("%")
        self.expect("=")
        return Node(name, self.take())

    def arguments(self) -> list[str]:
        self.expect("(")
        return self._listed(")")

    def attributes(self) -> dict[str, Attr]:
        attrs: dict[str, Attr] = {}
        if self.take_if("{"):
            while not self.take_if("}"):
                key = self.take()
                self.expect(":")
                attrs[key] = self._attr()
                self.take_if(",")
        return attrs

    def _listed(self, closing: str) -> list[str]:
        items = []
        while not self.take_if(closing):
            items.append(self.take())
            self.take_if(",")
        return items

    def _attr(self) -> Attr:
        token = self.take()
        if token != "[":
            return self.scalar(token)
        items: list[Scalar] = []
        while not self.take_if("]"):
            items.append(self.scalar(self.take()))
            self.take_if(",")
        return items

    def scalar(self, token: str) -> Scalar:
        if token.startswith('"'):
            return str(json.loads(token)).encode("latin-1")
        if token in ("true", "false"):
            return token == "true"
        if token.startswith("@"):
            return Func(token[1:])
        if token.startswith("$"):
            return Placeholder(token[1:])
        if token == "shape":
            return self._shape()
        if token in dtypes.DTYPES and self.peek() == "[":
            return self._tensor(token)
        if re.fullmatch(r"[-+]?\d+", token):
            return int(token)
        if token[0].isdigit() or token[0] in "+-" or token in ("inf", "nan"):
            return float(token)
        return Type(token)

    def _shape(self) -> Shape:
        self.expect("[")
        if self.take_if("*"):
            self.expect("]")
            return Shape(None)
        return Shape(tuple(None if item == "?" else int(item) for item in self._listed("]")))

    def _tensor(self, dtype: str) -> Tensor:
        self.expect("[")
        shape = tuple(int(item) for item in self._listed("]"))
        self.expect("{")
        if self.peek() == "...":
            raise self.error("a tensor that was too long to print cannot be read")
        items = [self.scalar(item) for item in self._listed("}")]
        storage = dtypes.DTYPES[dtype].storage or object
        return ArrayTensor(np.array(items, dtype=storage).reshape(shape), dtype=dtype)
