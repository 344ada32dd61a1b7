"""The journey of TensorFlow graphs to TF.js graph models: passes, then write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.passes.checking import check_ops
from tensorflowjs.passes.control_flow import lower_control_flow
from tensorflowjs.passes.controls import drop_controls
from tensorflowjs.passes.debugging import remove_debugging
from tensorflowjs.passes.dtypes import narrow_dtypes
from tensorflowjs.passes.freezing import freeze
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.keeping import keep_control_flow
from tensorflowjs.passes.masked_lookups import put_masks_into_tables
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.releases import note_release
from tensorflowjs.passes.resolving import resolve_control_flow
from tensorflowjs.passes.rewriting import rewrite
from tensorflowjs.pipeline import prepared
from tensorflowjs.pipeline.optimisation import chosen
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.pipeline.prepared import Prepared
from tensorflowjs.version import version
from tensorflowjs.writers import tfjs_graph

Pass = Callable[[GraphModel], bool]


def passes(options: GraphOptions) -> Iterator[Pass]:
    """What makes a graph one that TF.js can run, in order."""
    yield prune
    yield inline
    yield prune
    yield freeze
    yield lambda model: remove_debugging(model, printing=not options.strip_debug_ops)
    yield prune
    yield resolve_control_flow
    yield keep_control_flow if options.control_flow_v2 else lower_control_flow
    yield drop_controls
    yield narrow_dtypes
    yield put_masks_into_tables
    yield rewrite
    yield prune


def write(model: GraphModel, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into `target`; returns the figures of a Conversion."""
    return prepared.write(prepare(model, options), target, options)


def prepare(model: GraphModel, options: Options) -> Prepared:
    """Take `model` through the passes."""
    stages = chosen(options.graph.passes, options.graph.disabled_passes)
    journal = Journal()
    with making_sense_of("The graph of this model", "TensorFlow"):
        for change in passes(options.graph):
            change(model)
        optimise(model, stages, journal)
    note_release(model)
    if not options.graph.skip_op_check:
        check_ops(model)
    if not options.graph.use_structured_outputs_names:
        model.structured_outputs = None
    figures = {
        "passes": dict(journal.done),
        "missed": journal.missed,
        "nodes": sum(node.op != "Const" for node in model.graph.nodes.values()),
    }
    return Prepared(_document(model, options), [tfjs_graph.weights(model)], figures, assets=model.assets)


def _document(model: GraphModel, options: Options) -> dict[str, Any]:
    document = {
        "format": "graph-model",
        "generatedBy": model.producer or "unknown",
        "convertedBy": f"TensorFlow.js Converter v{version}",
        "signature": tfjs_graph.signature(model.signature, model.graph),
        "modelTopology": tfjs_graph.topology(model),
    }
    metadata = {**model.metadata, **options.metadata}
    if model.structured_outputs is not None:
        metadata["structuredOutputKeys"] = model.structured_outputs
    if metadata:
        document["userDefinedMetadata"] = metadata
    initializer = tfjs_graph.initializer(model)
    if initializer is not None and model.initializer is not None:
        document["modelInitializer"] = initializer
        if model.initializer_signature is not None:
            document["initializerSignature"] = tfjs_graph.signature(model.initializer_signature, model.initializer)
    return document
