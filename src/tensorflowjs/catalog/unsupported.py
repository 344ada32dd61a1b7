"""Why TF.js cannot run an op, and what a user can do about it: families of ops by how their names begin."""

from __future__ import annotations

from dataclasses import dataclass

from tensorflowjs.catalog.ops import tensorflow_ops


@dataclass(frozen=True)
class Reason:
    what: str
    hint: str


_CUT = "convert the part of the model behind it, and give that its result"
_REGISTER = "if you register it in JavaScript with tf.registerOp, convert with --skip_op_check"

_FAMILIES: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        Reason("TF.js has variables only while it trains", "export the model for inference, without what changes them"),
        ("Assign", "ResourceScatter", "ResourceApply", "ResourceSparseApply", "ScatterUpdate", "VarHandleOp",
         "VariableV2", "ReadVariableOp", "DestroyResourceOp", "StatefulStandardNormal", "StatefulUniform",
         "StatefulTruncatedNormal", "RngSkip", "RngReadAndSkip"),
    ),
    (
        Reason("TF.js reads no image or sound files in a model", f"decode in JavaScript, and {_CUT}"),
        ("Decode", "EncodeJpeg", "EncodePng", "EncodeWav", "ExtractJpegShape", "AudioSpectrogram", "Mfcc"),
    ),
    (
        Reason("TF.js reads no files or records in a model", _CUT),
        ("ParseExample", "ParseSingle", "ParseSequence", "ParseTensor", "ReadFile", "WriteFile", "MatchingFiles",
         "Iterator", "Dataset", "TensorDataset", "BatchDataset", "MapDataset", "PrefetchDataset", "Restore", "Save"),
    ),
    (
        Reason("TF.js has no linear algebra of this kind", "compute it before the export if its input is constant"),
        ("Cholesky", "MatrixInverse", "MatrixSolve", "MatrixTriangularSolve", "MatrixDeterminant", "LogMatrix",
         "MatrixExponential", "MatrixLogarithm", "MatrixSquareRoot", "Qr", "Svd", "SelfAdjointEig", "Eig", "Lu",
         "BatchCholesky", "TridiagonalSolve", "TridiagonalMatMul"),
    ),
    (
        Reason("TF.js has no such function", "replace it by one that TF.js has, or by an approximation"),
        ("Lgamma", "Digamma", "Igamma", "Igammac", "Betainc", "Polygamma", "Zeta", "Erfinv", "Ndtri", "Bessel",
         "Dawsn", "Expint", "Fresnel", "Spence", "NextAfter"),
    ),
    (
        Reason("TF.js does not change or cut strings", f"prepare text in JavaScript, and {_CUT}"),
        ("String", "AsString", "RegexReplace", "RegexFullMatch", "StaticRegexFullMatch", "Substr", "ReduceJoin",
         "UnsortedSegmentJoin", "Unicode", "UTF8", "EncodeBase64", "DecodeBase64", "SentencepieceOp", "Wordpiece",
         "WhitespaceTokenize", "RegexSplit", "FastWordpiece", "FastBert", "CaseFold", "Normalize"),
    ),
    (
        Reason("TF.js has no ragged tensors", "use dense tensors with padding"),
        ("Ragged",),
    ),
    (
        Reason("TF.js has no sparse tensors of this kind", "use dense tensors"),
        ("Sparse", "DeserializeSparse", "SerializeSparse", "AddSparse", "TakeManySparse", "DenseToDenseSet",
         "DenseToSparseSet"),
    ),
    (
        Reason("it holds code for one compiler only (jax2tf with native serialisation, or XLA)",
               "export with jax2tf.convert(..., native_serialization=False), or without jit_compile"),
        ("XlaCallModule", "XlaLaunch", "XlaCompile", "XlaRun", "TPU", "Xla"),
    ),
    (
        Reason("it calls Python, which is not part of the model", "write that step with operations of TensorFlow"),
        ("PyFunc", "EagerPyFunc", "NumpyFunction"),
    ),
    (
        Reason("it is a whole recurrent layer for one kind of hardware",
               "export the layer in its general form (in Keras: unroll=True or recurrent_dropout=1e-9)"),
        ("CudnnRNN", "BlockLSTM", "LSTMBlockCell", "GRUBlockCell"),
    ),
    (
        Reason("TF.js has no integers of 8 bits to compute with",
               "convert the model as it was before quantisation, with quantisation options of this converter"),
        ("Quantized", "Quantize", "Dequantize", "Requantize", "RequantizationRange", "UniformQuantize",
         "UniformQuantized", "UniformDequantize", "UniformRequantize"),
    ),
    (
        Reason("TF.js has only tables that do not change", "use a static table (tf.lookup.StaticHashTable)"),
        ("MutableHashTable", "MutableDenseHashTable", "AnonymousMutable", "AnonymousHashTable", "LookupTableInsert",
         "LookupTableRemove", "LookupTableExport", "InitializeTableFromTextFile"),
    ),
    (
        Reason("TF.js suppresses boxes of one image and one class at a time",
               "end the model with boxes and scores, and call tf.image.nonMaxSuppressionAsync in JavaScript"),
        ("CombinedNonMaxSuppression", "NonMaxSuppressionWithOverlaps", "GenerateBoundingBoxProposals"),
    ),
    (
        Reason("it is the loss of a classifier, which only training needs", "export the model without its loss"),
        ("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "CTCLoss",
         "LogUniformCandidateSampler"),
    ),
    (
        Reason("it rounds as if to a few bits, only to show what quantisation would do",
               "convert the model without it, with the quantisation options of this converter"),
        ("QuantizeAndDequantize",),
    ),
    (
        Reason("TF.js has no queues", _CUT),
        ("FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "Queue", "Stack", "Barrier", "Stage", "Unstage",
         "TensorArrayGrad"),
    ),
    (
        Reason("it looks at the bits of numbers, which TF.js does not show", "compute the same from the numbers"),
        ("Bitcast", "Bitwise", "LeftShift", "RightShift", "Invert", "PopulationCount"),
    ),
    (
        Reason("TF.js calls functions only as the branches of If and the bodies of While",
               "export without functions of this kind"),
        ("Case", "StatelessCase", "RemoteCall", "SymbolicGradient", "MapDefun", "For", "PartitionedCall",
         "StatefulPartitionedCall"),
    ),
)  # fmt: skip


def reason(op: str) -> Reason:
    """Why TF.js does not run `op`: the family whose name says most about it."""
    found = [(len(name), row) for row, names in _FAMILIES for name in names if op.startswith(name)]
    if found:
        return max(found, key=lambda item: item[0])[1]
    if op in tensorflow_ops():
        return Reason("TF.js has no such op", _REGISTER)
    return Reason("it is no op of TensorFlow itself, nor of TF.js", _REGISTER)
