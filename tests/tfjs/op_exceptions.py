"""What the tables of ops leave out, and why."""

from __future__ import annotations

_REFLECTED = ("ImageProjectiveTransformV3 NEAREST REFLECT", "ImageProjectiveTransformV3 BILINEAR REFLECT")
_PATTERNS = [f"StaticRegexReplace {pattern} {each}" for pattern in ("[aeiou]", " +", "o(v)e") for each in (True, False)]
_OF_ANY_SIZE = [f"{op} of any size {pad}" for op in ("Dilation2D", "MaxPoolWithArgmax") for pad in ("SAME", "VALID")]

# Groups and cases. A note of the conversion says so of each; `test_cases_that_wasm_fails_are_noted` sees to it.
NOT_ON_WASM = frozenset(
    {"complex numbers", *_REFLECTED, *_PATTERNS, *_OF_ANY_SIZE, "RegexReplace", "Equal of strings", "sliced strings",
     "GatherV2 in batches of unknown rank"}
)  # fmt: skip

# WebAssembly returns what its memory happens to hold where there is nothing to reduce; docs/saved-model.md says so.
GARBAGE_ON_WASM = frozenset({"Sum of nothing", "EuclideanNorm of nothing"})

_NAMES_OF_TFJS = ("Conv1D", "DepthwiseConv2d", "FusedDepthwiseConv2dNative", "Ones", "Prelu", "Zeros")
_REWRITTEN = ("Einsum", "EnsureShape", "EuclideanNorm", "FakeQuantWithMinMaxVars", "IdentityN", "MaxPool3D", "Mod",
              "NoOp", "PlaceholderWithDefault", "Print", "RandomUniformInt", "ShapeN", "Snapshot", "StopGradient",
              "_FusedConv2D", "_FusedMatMul")  # fmt: skip
_TABLES = ("HashTableV2", "LookupTableFindV2", "LookupTableImportV2", "LookupTableSizeV2")
_OLD_TABLES = ("HashTable", "InitializeTable", "InitializeTableV2", "LookupTableFind", "LookupTableImport",
               "LookupTableSize")  # fmt: skip

ELSEWHERE = {
    **dict.fromkeys(_NAMES_OF_TFJS, "no op of TensorFlow; passes that write them test them"),
    **dict.fromkeys(_REWRITTEN, "taken out or rewritten wherever it stands"),
    **dict.fromkeys(_TABLES, "in test_tables"),
    **dict.fromkeys(_OLD_TABLES, "of TensorFlow 1; TF.js runs the second version by the same code"),
    **dict.fromkeys(("TensorListPopBack", "TensorListSplit"), "refused"),
    **dict.fromkeys(("If", "While"), "written as StatelessIf and StatelessWhile"),
    "TensorArrayCloseV3": "has no result that an output could depend on",
}

_UNWRITTEN = "TensorFlow does not write it"
FIXED_ATTRIBUTES = {
    **{
        (op, "data_format"): "always channels last"
        for op in ("Conv2D", "Conv3D", "DepthToSpace", "DepthwiseConv2dNative")
    },
    ("Conv2D", "useCudnnOnGpu"): "changes no numbers",
    ("OneHot", "T"): "always of integers",
    ("DenseBincount", "binary_output"): "written as counts of at most 1",
    ("Prod", "keep_dims"): "written without, and ExpandDims behind",
    **{(op, "dtype"): "always floats" for op in ("RandomStandardNormal", "RandomUniform", "TruncatedNormal")},
    ("Multinomial", "T"): "always of floats",
    ("Multinomial", "output_dtype"): "always integers",
    ("OnesLike", "dtype"): _UNWRITTEN,
    ("Pad", "constant_value"): _UNWRITTEN,
    **{("RandomUniform", key): _UNWRITTEN for key in ("minval", "maxval")},
    **{("TruncatedNormal", key): _UNWRITTEN for key in ("means", "stddev")},
    ("Squeeze", "axis"): "TensorFlow calls it squeeze_dims",
    ("TruncatedNormal", "seed"): "changes which numbers are drawn, not how",
    ("TensorArrayV3", "tensor_array_name"): "changes no numbers",
}
