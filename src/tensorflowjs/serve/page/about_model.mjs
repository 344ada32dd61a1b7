/** What there is to know of a model without running it: signature, parts, weights, how to use it. */

import { bars, strip } from "./charts.mjs";
import { button, element, section, table } from "./elements.mjs";
import { bytes, count, plural, shape as shapeText } from "./format.mjs";

const FEW_ROWS = 16;
const MOST_ROWS = 500;
const MOST_BARS = 12;

export function title(path, folder, described) {
  const facts = [
    described.kind === "layers" ? "Layers model" : "Graph model",
    described.trainable && "can be trained further",
    plural(described.parameters, "parameter"),
    `${bytes(described.weightBytes)} of weights`,
    described.generatedBy && `made by ${described.generatedBy}`,
  ];
  return element(
    "header",
    { class: "model-title" },
    element("h1", {}, modelName(path, folder)),
    element("p", { class: "path" }, element("a", { href: urlOf(path) }, path)),
    element("p", { class: "facts" }, ...facts.filter(Boolean).map((fact) => element("span", {}, fact))),
  );
}

/** A model is called as the folder it is in; `folder` is the one that is served. */
export const modelName = (path, folder) => path.split("/").at(-2) ?? folder;

export const urlOf = (path) => `/${path.split("/").map(encodeURIComponent).join("/")}`;

// ------------------------------------------------------------------------------------------ signature

/** `running`, once loaded, knows what model.json alone does not say. */
export function signature(described, running) {
  const known = (side) => (running ? running[side].map((end) => completed(end, described[side])) : described[side]);
  return section(
    "signature",
    "Signature",
    element("div", { class: "two" }, ends("Inputs", known("inputs")), ends("Outputs", known("outputs"))),
    running
      ? null
      : element("p", { class: "hint" }, "As model.json says. Once the model is loaded, TF.js itself is asked."),
  );
}

/** Of the outputs of graphs TF.js knows little more than the names. */
function completed(end, described) {
  const said = described.find(({ name }) => name === end.name);
  return { ...end, dtype: end.dtype ?? said?.dtype, shape: end.shape ?? said?.shape };
}

const ends = (heading, rows) =>
  element(
    "div",
    {},
    element("h3", {}, heading),
    table(
      heading,
      [
        ["Name", (row) => element("code", {}, row.name)],
        ["Type", (row) => row.dtype ?? "–"],
        ["Shape", (row) => (row.shape === undefined ? "–" : shapeText(row.shape))],
      ],
      rows,
    ),
  );

// ------------------------------------------------------------------------------------------ layers or ops

export function structure(described, running) {
  const isGraph = described.kind === "graph";
  const found = element("div");
  const filter = element("input", {
    type: "search",
    placeholder: isGraph ? "Filter operations" : "Filter layers",
    "aria-label": "Filter",
  });
  const shapes = running && !isGraph ? outputShapes(running.model) : new Map();
  let most = FEW_ROWS;
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    const rows = described.parts.filter(({ name, type }) => `${name} ${type}`.toLowerCase().includes(wanted));
    found.replaceChildren(parts(isGraph, rows.slice(0, most), shapes), more(rows.length, most, showAll));
  };
  const showAll = () => {
    most = MOST_ROWS;
    show();
  };
  filter.addEventListener("input", show);
  show();
  return section(
    "structure",
    isGraph ? "Operations" : "Layers",
    isGraph && operationCounts(described.parts),
    element(
      "div",
      { class: "row spread" },
      element("p", { class: "hint" }, plural(described.parts.length, isGraph ? "operation" : "layer")),
      described.parts.length > FEW_ROWS && filter,
    ),
    found,
  );
}

function more(length, most, showAll) {
  if (length <= most) return "";
  if (most === MOST_ROWS)
    return element("p", { class: "hint" }, `and ${count(length - most)} more; filter to see them`);
  return button(`Show ${length > MOST_ROWS ? `the first ${count(MOST_ROWS)} of ` : "all "}${count(length)}`, showAll, {
    class: "quiet",
  });
}

function parts(isGraph, rows, shapes) {
  if (isGraph) {
    return table(
      "Operations",
      [
        ["Operation", (row) => row.type],
        ["Name", (row) => element("code", { title: row.name }, row.shortName)],
      ],
      rows,
      { class: "parts" },
    );
  }
  return table(
    "Layers",
    [
      ["Name", (row) => element("code", {}, row.name)],
      ["Layer", (row) => row.type],
      ["Settings", (row) => element("small", {}, row.detail)],
      ...(shapes.size ? [["Output", (row) => shapes.get(row.name) ?? "–"]] : []),
      ["Parameters", (row) => (row.parameters ? count(row.parameters) : "–"), true],
    ],
    rows,
    { class: "parts" },
  );
}

function operationCounts(nodes) {
  const counts = new Map();
  for (const { type } of nodes) counts.set(type, (counts.get(type) ?? 0) + 1);
  const rows = [...counts].sort((a, b) => b[1] - a[1]);
  return element(
    "ul",
    { class: "chips", "aria-label": "Kinds of operations" },
    ...rows.map(([type, number]) => element("li", {}, type, " ", element("b", {}, count(number)))),
  );
}

/** Shapes of what layers give, by name; those of layers that were called in several ways are left out. */
function outputShapes(model, prefix = "", found = new Map()) {
  for (const layer of model.layers) {
    if (layer.layers) outputShapes(layer, `${prefix}${layer.name}/`, found);
    try {
      found.set(
        prefix + layer.name,
        [layer.outputShape].flat(1).some(Array.isArray)
          ? layer.outputShape.map(shapeText).join("; ")
          : shapeText(layer.outputShape),
      );
    } catch {
      continue;
    }
  }
  return found;
}

// ------------------------------------------------------------------------------------------ weights

const TONES = {
  float32: "tone-1",
  float16: "tone-2",
  uint8: "tone-3",
  uint16: "tone-4",
  int32: "tone-5",
  bool: "tone-5",
};

export function weights({ weights: all, weightBytes }) {
  if (!all.length) return section("weights", "Weights", element("p", {}, "This model has no weights."));
  const sorted = [...all].sort((a, b) => b.bytes - a.bytes);
  const rest = sorted.slice(MOST_BARS);
  const rows = sorted.slice(0, MOST_BARS).map((weight) => ({
    label: weight.name,
    value: weight.bytes,
    text: bytes(weight.bytes),
    note: `${shapeText(weight.shape)} ${stored(weight)}`,
    tone: TONES[weight.stored],
  }));
  const restBytes = rest.reduce((sum, weight) => sum + weight.bytes, 0);
  return section(
    "weights",
    "Weights",
    strip(
      `${plural(all.length, "weight")} by size, ${bytes(weightBytes)} in all`,
      sorted.map((weight) => ({
        value: weight.bytes,
        title: `${weight.name}: ${bytes(weight.bytes)}`,
        tone: TONES[weight.stored],
      })),
    ),
    legend(all),
    bars("The largest weights", rows),
    rest.length
      ? element("p", { class: "hint" }, `and ${count(rest.length)} smaller ones with ${bytes(restBytes)} together`)
      : null,
  );
}

const stored = ({ dtype, stored: kept }) => (kept === dtype ? dtype : `${dtype} kept as ${kept}`);

function legend(all) {
  const sums = new Map();
  for (const weight of all) sums.set(weight.stored, (sums.get(weight.stored) ?? 0) + weight.bytes);
  return element(
    "ul",
    { class: "legend" },
    ...[...sums].map(([dtype, sum]) => element("li", { class: TONES[dtype] }, `${dtype}, ${bytes(sum)}`)),
  );
}

// ------------------------------------------------------------------------------------------ how to use it

export function usage(path, described) {
  const code = snippet(new URL(urlOf(path), location.href).href, described);
  const copied = element("span", { class: "hint", role: "status" });
  const copy = button(
    "Copy",
    async () => {
      await navigator.clipboard.writeText(code);
      copied.textContent = "copied";
    },
    { class: "quiet", failed: () => (copied.textContent = "select the text and copy it") },
  );
  return section(
    "usage",
    "In your own page",
    element(
      "div",
      { class: "code" },
      element("pre", { tabindex: "0" }, code),
      element("div", { class: "row" }, copy, copied),
    ),
  );
}

function snippet(url, { kind, inputs }) {
  const zeros = ({ dtype, shape }) => {
    const whole = JSON.stringify((shape ?? [null]).map((size) => size ?? 1)).replaceAll(",", ", ");
    return dtype && dtype !== "float32" ? `tf.zeros(${whole}, '${dtype}')` : `tf.zeros(${whole})`;
  };
  const given =
    inputs.length === 1
      ? zeros(inputs[0])
      : kind === "layers"
        ? `[\n  ${inputs.map(zeros).join(",\n  ")},\n]`
        : `{\n  ${inputs.map((input) => `'${input.name}': ${zeros(input)}`).join(",\n  ")},\n}`;
  const load = kind === "layers" ? "loadLayersModel" : "loadGraphModel";
  return `const model = await tf.${load}('${url}');\nconst output = model.predict(${given});\nconsole.log(output);`;
}
