/** What went wrong, in words, with something to try where there is something. */

import { element } from "./elements.mjs";

const KNOWN = [
  [
    /Unknown layer: (\S+)/,
    (name) =>
      `TF.js has no layer “${name.replace(/[.,]$/, "")}”. Was the model converted by an older converter, or is this ` +
      "layer one of your own? Those must be registered with tf.serialization.registerClass in a page of yours.",
  ],
  [
    /Unknown op '?([\w.]+)'?|Could not find.*op: (\w+)/i,
    (a, b) =>
      `TF.js has no operation “${a ?? b}”. Convert the model again: the converter rewrites or refuses what TF.js lacks.`,
  ],
  [
    /Kernel '(\w+)' not registered for backend '(\w+)'/,
    (kernel, backend) => `The ${backend} backend lacks the operation “${kernel}”. Choose another backend.`,
  ],
  [
    /([^/]+) was answered with status code/,
    (name) => `The file ${name} of the model could not be fetched. All weight files must lie beside its model.json.`,
  ],
  [
    /byte length of \w+ should be a multiple|Invalid typed array length|start offset|values should match|based on the provided shape/i,
    () => "The weight files do not hold what model.json says. Is one of them cut off, or from another conversion?",
  ],
  [
    /has no target variable|weights? (?:are )?not set|Expected.*weights|Shape mismatch/i,
    () => "The weights do not fit the layers. Is model.json from another conversion than the weight files?",
  ],
  [
    /Missing the following inputs: (.*)/,
    (names) => `The graph lacks ${names}. Is model.json from another conversion than the weight files?`,
  ],
  [/JSON|Unexpected token/, () => "The model.json is not JSON. Was the download complete?"],
  [/Failed to fetch|NetworkError|Load failed/, () => "The server does not answer. Is it still running?"],
  [
    /out of memory|allocation failed|context lost/i,
    () => "The memory is used up. Close other pages, or choose another backend.",
  ],
];

export function inWords(error) {
  const message = String(error?.message ?? error);
  for (const [pattern, words] of KNOWN) {
    const match = pattern.exec(message);
    if (match) return { words: words(...match.slice(1)), message };
  }
  return { words: message, message: null };
}

/** An alert; a screen reader says it at once. */
export function trouble(heading, error) {
  const { words, message } = inWords(error);
  return element(
    "div",
    { class: "trouble", role: "alert" },
    element("strong", {}, heading),
    element("p", {}, words),
    message && element("details", {}, element("summary", {}, "What TF.js said"), element("pre", {}, message)),
  );
}
