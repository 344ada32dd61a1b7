"""Rows and columns that every reader passes over are not computed.

%c = Conv2D(%x, %v) (3 x 3, "SAME")                       %c = Conv2D(%x, %v) {strides: [1, 2, 2, 1], explicit padding}
%r = Relu(%c)                                         ->  %r = Relu(%c)
%y = Conv2D(%r, %w) (1 x 1) {strides: [1, 2, 2, 1]}       %y = Conv2D(%r, %w)

A ResNet ends each of its stages so: a tenth of all its multiplications was for places that nobody looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tensorflowjs.ir.graph import Attr, Graph, Node, Value
from tensorflowjs.passes.building import Builder, integers, text
from tensorflowjs.passes.optimising.elementwise_ops import BINARY, UNARY
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.types import type_of

CONVOLUTIONS = ("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
POOLS = ("AvgPool", "MaxPool")
_BY_CHANNEL = ("BiasAdd", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")  # their first input is the image
_ELEMENTWISE = (UNARY | BINARY) - {"Cast"}
_THINNED = {*CONVOLUTIONS, *_BY_CHANNEL, *_ELEMENTWISE}
Strides = tuple[int, int]  # of rows and columns


def stride_early(graph: Graph) -> int:
    """How many regions of the graph compute less now; readers come before what they read."""
    if not any(_passes_over(node) for node in graph.nodes.values()):
        return 0
    shapes = Shapes(graph)
    pivots = {control for node in graph.nodes.values() for control in node.controls}
    count = 0
    for node in reversed(graph.in_order()):
        by = _read_by_strides(graph, pivots, node.output) if node.op in _THINNED else None
        region = _Region(graph, shapes, pivots, node.output, by) if by is not None else None
        if region is not None and region.is_found() and region.is_worth_it():
            region.thin_out()
            count += 1
    return count


def _passes_over(node: Node) -> Strides | None:
    """By what a node strides that looks at single places of its first input."""
    strides = integers(node, "strides")
    if len(strides) != 4 or strides[1:3] == [1, 1] or text(node, "data_format", "NHWC") != "NHWC":
        return None
    if node.op in POOLS:
        alone = integers(node, "ksize") == [1, 1, 1, 1]
    else:
        alone = node.op in ("Conv2D", "_FusedConv2D") and _window(node) == (1, 1)
    if not alone or any(integers(node, "explicit_paddings")) or node.controls:
        return None
    return (strides[1], strides[2]) if strides[0] == strides[3] == 1 else None


def _window(node: Node) -> Strides | None:
    kernel = node.inputs[1].node
    return (kernel.tensor.shape[0], kernel.tensor.shape[1]) if kernel.op == "Const" else None


def _read_by_strides(graph: Graph, pivots: set[Node], value: Value) -> Strides | None:
    """By what all readers of an image stride, if they look at single places of it."""
    if not value.users or graph.is_output(value):
        return None
    found = {_passes_over(user) if user.inputs.index(value) == 0 else None for user in value.users}
    if any(user in pivots or graph.is_output(user.output) for user in value.users if user.op in POOLS):
        return None  # it cannot go
    return found.pop() if len(found) == 1 else None


@dataclass
class _Region:
    """What leads to `root` and nowhere else, as far as it looks at each place by itself.

    It begins at convolutions, which can take the strides upon themselves, and at images that others read as well, of
    which a pool of single elements has to take its part.
    """

    graph: Graph
    shapes: Shapes
    pivots: set[Node]
    root: Value
    by: Strides
    convolutions: dict[Node, dict[str, Attr]] = field(default_factory=dict)  # with what changes
    inner: dict[Node, None] = field(default_factory=dict)
    images: dict[Value, None] = field(default_factory=dict)

    def is_found(self) -> bool:
        """Find out what belongs to it; False if nothing does, or something stands in the way."""
        waiting = [self.root]
        while waiting:
            while waiting:
                waiting += self._entered(waiting.pop())
            waiting = [value for value in self.images if self._is_closed(value) and self._may_enter(value.node)]
            for value in waiting:
                del self.images[value]
        return self.root not in self.images and all(map(self._can_be_pooled, self.images))

    def is_worth_it(self) -> bool:
        """Whether convolutions become cheaper, and enough of them for the pools that are new."""
        return bool(self.convolutions) and len(self.images) <= len(self.convolutions)

    def thin_out(self) -> None:
        """Let it compute every second place only, or every third, and its readers take all of them."""
        readers = self.root.users
        for node, changes in self.convolutions.items():
            node.attrs.update(changes)
        for value in self.images:
            self._thin_out_image(value)
        for reader in readers:
            if reader.op in POOLS:
                reader.output.replace_by(self.root)
                self.graph.remove([reader])
            else:
                reader.attrs["strides"] = [1, 1, 1, 1]

    def _entered(self, value: Value) -> list[Value]:
        """What there is to look at behind `value`, which is noted as what it is."""
        node = value.node
        if node in self.inner or node in self.convolutions:
            return []
        if value is self.root or self._is_closed(value):
            changes = self._with_strides(node)
            if changes is not None:
                self.convolutions[node] = changes
                return []
            read = self._read(node)
            if read is not None:
                self.inner[node] = None
                return read
        self.images[value] = None
        return []

    def _may_enter(self, node: Node) -> bool:
        return self._with_strides(node) is not None or self._read(node) is not None

    def _can_be_pooled(self, value: Value) -> bool:
        return value.node.op != "Const" and type_of(value) == "float32"

    def _thin_out_image(self, value: Value) -> None:
        users = [user for user in value.users if user in self.inner]
        strides = [1, *self.by, 1]
        build = Builder(self.graph, value.node.name)
        thin = build("AvgPool", value, ksize=[1] * 4, strides=[*strides], padding=b"VALID", data_format=b"NHWC")
        for user in users:
            user.set_inputs(thin if each is value else each for each in user.inputs)

    def _is_closed(self, value: Value) -> bool:
        """Whether only the region reads `value`."""
        return not self.graph.is_output(value) and all(user in self.inner for user in value.users)

    def _read(self, node: Node) -> list[Value] | None:
        """The images among the inputs of a node that looks at each place by itself; None if it does not."""
        if node.op not in _THINNED or node.op in CONVOLUTIONS or not self._is_free(node):
            return None
        if node.op in _BY_CHANNEL:
            return [node.inputs[0]]
        size = self._size(node.output)
        found: list[Value] = []
        for value in node.inputs:
            dims = self.shapes.of(value)
            if dims is None or size is None:
                return None
            if self._size(value) == size:
                found.append(value)
            elif any(dim != 1 for dim in dims[-3:-1]):
                return None
        return found

    def _size(self, value: Value) -> Strides | None:
        """Height and width of an image."""
        dims = self.shapes.of(value)
        if dims is None or len(dims) != 4 or dims[1] is None or dims[2] is None:
            return None
        return dims[1], dims[2]

    def _is_free(self, node: Node) -> bool:
        if node.controls or node in self.pivots or text(node, "data_format", "NHWC") != "NHWC":
            return False
        return not any(value.users or self.graph.is_output(value) for value in node.outputs[1:])

    def _with_strides(self, node: Node) -> dict[str, Attr] | None:
        """The attributes with which a convolution computes only what is wanted; None if it cannot."""
        if node.op not in CONVOLUTIONS or not self._is_free(node):
            return None
        strides, dilations = integers(node, "strides"), integers(node, "dilations", [1] * 4)
        window = _window(node)
        if window is None or len(strides) != 4 or dilations != [1] * 4:
            return None
        if any(self.shapes.rank(value) not in (0, 1) for value in node.inputs[2:]):
            return None  # a slope for each place
        if "Depthwise" in node.op and self.by[0] != self.by[1]:
            return None
        widths = self._padding(node, window, strides)
        if widths is None:
            return None
        by = [1, strides[1] * self.by[0], strides[2] * self.by[1], 1]
        if not any(widths):
            return {"strides": [*by], "padding": b"VALID", "explicit_paddings": []}
        return {"strides": [*by], "padding": b"EXPLICIT", "explicit_paddings": [0, 0, *widths, 0, 0]}

    def _padding(self, node: Node, window: Strides, strides: list[int]) -> list[int] | None:
        """What a convolution adds around the image: above, below, left and right."""
        padding = text(node, "padding")
        if padding == "VALID":
            return [0] * 4
        if padding == "EXPLICIT":
            return integers(node, "explicit_paddings")[2:6]
        widths: list[int] = []
        for axis in (1, 2):
            size, stride, reach = self.shapes.dim(node.inputs[0], axis), strides[axis], window[axis - 1]
            if size is None and stride > 1:
                return None
            total = reach - 1 if stride == 1 else max(0, (-(-(size or 0) // stride) - 1) * stride + reach - (size or 0))
            widths += [total // 2, total - total // 2]
        return widths


PASS = Pass("early_strides", "places of images that every reader passes over", whole=stride_early)
