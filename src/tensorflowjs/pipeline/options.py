"""What a user can ask of a conversion, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorflowjs.errors import UsageError

SHARD_BYTES = 4 * 1024 * 1024

# dtype of quantisation -> True for all weights, or the name patterns of those it is for
QuantizationMap = Mapping[str, bool | str | list[str]]


@dataclass(frozen=True)
class GraphOptions:
    """What only concerns graphs of TensorFlow."""

    signature_name: str | None = None
    saved_model_tags: str | None = None
    output_node_names: str | None = None
    skip_op_check: bool = False
    strip_debug_ops: bool = True
    control_flow_v2: bool = False
    use_structured_outputs_names: bool = False
    passes: tuple[str, ...] | None = None  # of the optimiser, by name; None: all
    disabled_passes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    quantization: QuantizationMap = field(default_factory=dict)
    split_weights_by_layer: bool = False
    weight_shard_size_bytes: int = SHARD_BYTES
    metadata: Mapping[str, Any] = field(default_factory=dict)
    graph: GraphOptions = field(default_factory=GraphOptions)
    hash_shards: bool = False  # names of shards that change with their content, for caches

    def __post_init__(self) -> None:
        size: object = self.weight_shard_size_bytes
        if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
            raise UsageError(f"The weight shard size must be a positive number of bytes, not {size!r}.")
