/** What a model.json says of its model, before any of it is loaded. */

const BYTES = { float32: 4, int32: 4, bool: 1, complex64: 8, float16: 2, uint8: 1, uint16: 2 };
const DTYPES = { DT_FLOAT: "float32", DT_INT32: "int32", DT_INT64: "int32", DT_BOOL: "bool", DT_STRING: "string" };
const TELLING = [
  "units",
  "filters",
  "kernel_size",
  "strides",
  "pool_size",
  "activation",
  "rate",
  "axis",
  "target_shape",
];
const USUAL = { strides: "1,1", activation: "linear" };

export function describe(document) {
  if (document === null || typeof document !== "object" || !document.modelTopology) {
    throw new Error("This is not a model: its model.json has no modelTopology.");
  }
  const topology = document.modelTopology;
  const weights = readable("weightsManifest", () => weightsOf(document.weightsManifest ?? []));
  const isGraph = document.format === "graph-model" || Array.isArray(topology.node);
  const known = readable("modelTopology", () =>
    isGraph ? describeGraph(document, topology) : describeLayers(topology, weights),
  );
  return {
    ...known,
    weights,
    parameters: weights.reduce((sum, weight) => sum + weight.count, 0),
    weightBytes: weights.reduce((sum, weight) => sum + weight.bytes, 0),
    generatedBy: document.generatedBy,
    convertedBy: document.convertedBy,
    metadata: document.userDefinedMetadata ?? null,
    trainable: Boolean(document.trainingConfig),
  };
}

function readable(part, read) {
  try {
    return read();
  } catch (error) {
    throw new Error(`The ${part} of its model.json makes no sense (${error.message}).`, { cause: error });
  }
}

function weightsOf(manifest) {
  return manifest.flatMap((group) =>
    group.weights.map(({ name, shape, dtype, quantization }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const stored = quantization?.dtype ?? dtype;
      return { name, shape, dtype, stored, count, bytes: count * (BYTES[stored] ?? 0) };
    }),
  );
}

// ------------------------------------------------------------------------------------------ graph models

function describeGraph(document, topology) {
  const signature = document.signature ?? document.userDefinedMetadata?.signature;
  const nodes = topology.node.filter((node) => node.op !== "Const");
  return {
    kind: "graph",
    inputs: signature?.inputs ? Object.entries(signature.inputs).map(port) : placeholders(nodes),
    outputs: signature?.outputs ? Object.entries(signature.outputs).map(port) : [],
    parts: withShortNames(nodes.map((node) => ({ name: node.name, type: node.op }))),
  };
}

/** Names without the folders that all of them are in. */
function withShortNames(parts) {
  const inside = parts.map(({ name }) => name.split("/").slice(0, -1)).filter((folders) => folders.length);
  const [first = [], ...others] = inside;
  const shared = first.findIndex((folder, at) => others.some((folders) => folders[at] !== folder));
  const prefix = first
    .slice(0, shared < 0 ? first.length : shared)
    .map((folder) => `${folder}/`)
    .join("");
  return parts.map((part) => ({
    ...part,
    shortName: part.name.startsWith(prefix) ? part.name.slice(prefix.length) : part.name,
  }));
}

const port = ([name, { dtype, tensorShape }]) => ({ name, dtype: DTYPES[dtype] ?? dtype, shape: sizes(tensorShape) });

const placeholders = (nodes) =>
  nodes
    .filter((node) => node.op === "Placeholder")
    .map((node) => port([node.name, { dtype: node.attr?.dtype?.type, tensorShape: node.attr?.shape?.shape }]));

function sizes(tensorShape) {
  if (!tensorShape || tensorShape.unknownRank) return null;
  return (tensorShape.dim ?? []).map(({ size }) => (Number(size) < 0 ? null : Number(size)));
}

// ------------------------------------------------------------------------------------------ layers models

function describeLayers(topology, weights) {
  const config = topology.model_config ?? topology;
  const parts = layersIn(config, weights, "");
  const named = Object.fromEntries(parts.map((part) => [part.name, part]));
  const ends = (key) =>
    [config.config?.[key] ?? []]
      .flat(1)
      .filter((end) => Array.isArray(end))
      .map(([name]) => name);
  const firsts = config.config?.input_layers ? ends("input_layers") : parts.slice(0, 1).map((part) => part.name);
  const lasts = config.config?.output_layers ? ends("output_layers") : parts.slice(-1).map((part) => part.name);
  return {
    kind: "layers",
    inputs: firsts.map((name) => ({
      name,
      dtype: named[name]?.dtype ?? "float32",
      shape: named[name]?.inputShape ?? null,
    })),
    outputs: lasts.map((name) => ({ name, dtype: null, shape: undefined })),
    parts,
  };
}

/** The layers of a model, those of models inside it with the names of both. */
function layersIn({ config }, weights, prefix) {
  const entries = Array.isArray(config) ? config : (config?.layers ?? []);
  return entries.flatMap((entry) => {
    const inner = entry.config?.layers ? layersIn(entry, weights, `${prefix}${entry.config.name}/`) : [];
    return inner.length ? inner : [layer(entry, weights, prefix)];
  });
}

function layer({ class_name: type, config = {} }, weights, prefix) {
  const own = weights.filter(({ name }) => name.startsWith(`${config.name}/`));
  return {
    name: prefix + config.name,
    type,
    detail: detail(config),
    parameters: own.reduce((sum, weight) => sum + weight.count, 0),
    inputShape: config.batch_input_shape,
    dtype: config.dtype,
  };
}

function detail(config) {
  const words = TELLING.filter((key) => config[key] != null && String(config[key]) !== USUAL[key]);
  return words.map((key) => `${key.replace("_", " ")} ${word(config[key])}`).join(", ");
}

const word = (value) => (Array.isArray(value) ? value.join(" × ") : (value.class_name ?? String(value)));
