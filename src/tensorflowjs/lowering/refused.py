"""Layers that no graph of TF.js can express, and why."""

from __future__ import annotations

from tensorflowjs.lowering.engine import Refusal, Write

IN_JAVASCRIPT = "do it in JavaScript before the model is called, and convert the model without this layer"
FOREIGN = "code of another library stands in it, which is not part of the model file"
EXPORT = "export the model with model.export(...) and convert that folder"

LAYERS: dict[str, Write] = {
    **dict.fromkeys(
        ("Equalization", "ContrastLimitedAdaptiveHistogramEqualization"),
        Refusal("it counts how often each value of each image occurs", IN_JAVASCRIPT),
    ),
    **dict.fromkeys(
        ("Hashing", "HashedCrossing", "CategoryCrossing"),
        Refusal("TF.js does not have the hash function that it uses", IN_JAVASCRIPT),
    ),
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), Refusal("it takes Fourier transforms", EXPORT)),
    **dict.fromkeys(
        ("DenseFeatures", "SequenceFeatures"),
        Refusal("it works on feature columns, which are Python code", "use Keras' preprocessing layers instead"),
    ),
    "MaxNumBoundingBoxes": Refusal("it cuts and fills lists of boxes, not tensors", "take it out of the model"),
    **dict.fromkeys(("LinearModel", "WideDeepModel"), Refusal("a subclassed model, whose structure is Python code")),
    "TFSMLayer": Refusal("a SavedModel stands in it", "convert that SavedModel"),
    **dict.fromkeys(("JaxLayer", "FlaxLayer", "TorchModuleWrapper"), Refusal(FOREIGN, EXPORT)),
    "Pipeline": Refusal("a chain of layers that was stored without them"),
}
