/** One editor for each input of a model: random values, values by hand, a picture. */

import { button, element, labelled } from "./elements.mjs";
import { count, shape as shapeText } from "./format.mjs";
import { cameraInput, drawnInput, fileInput, looksLikePicture } from "./pictures.mjs";
import { concrete, generator, randomValues, sizeOf } from "./randomness.mjs";

const EDITABLE = 1024;
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** `tensor(tf)` makes the tensor of what is in the editor; `changed` is told when a picture is. */
export function inputEditor(spec, changed) {
  const body = element("div", { class: "editor" });
  const modes = modesFor(spec);
  let current = null;
  const choose = (make) => {
    current?.close();
    current = make(spec, changed);
    body.replaceChildren(current.element);
  };
  const name = `mode-${spec.name}`;
  const choices = modes.map(([label, make], at) => {
    const radio = element("input", { type: "radio", name, checked: at === 0, on: { change: () => choose(make) } });
    return element("label", {}, radio, element("span", {}, label));
  });
  choose(modes[0][1]);
  return {
    element: element(
      "fieldset",
      { class: "input" },
      element(
        "legend",
        {},
        element("code", {}, spec.name),
        " ",
        element("small", {}, `${spec.dtype} ${shapeText(spec.shape)}`),
      ),
      choices.length > 1 && element("div", { class: "modes" }, ...choices),
      body,
    ),
    tensor: (tf) => current.tensor?.(tf) ?? pictureTensor(tf, current.picture, spec.dtype),
  };
}

function modesFor(spec) {
  const modes = [["Random", randomInput]];
  if (spec.dtype !== "complex64" && sizeOf(concrete(spec.shape)) <= EDITABLE) modes.push(["Values", valuesInput]);
  if (looksLikePicture(spec)) modes.push(["Image file", fileInput], ["Camera", cameraInput], ["Drawing", drawnInput]);
  return modes;
}

const pictureTensor = (tf, picture, dtype) => tf.tensor(picture.values(), picture.shape, dtype);

function randomInput({ dtype, shape }) {
  const seed = element("input", { type: "number", value: 1, min: 0, step: 1, inputmode: "numeric" });
  const whole = concrete(shape);
  const size = sizeOf(whole);
  return {
    element: element(
      "div",
      {},
      labelled("Seed", seed),
      element("p", { class: "hint" }, `${count(size)} ${KINDS[dtype] ?? "values"}, the same for the same seed.`),
    ),
    tensor: (tf) => tf.tensor(randomValues(dtype, size, generator(Number(seed.value))), whole, dtype),
    close() {},
  };
}

const KINDS = {
  float32: "numbers around 0 (normal distribution)",
  int32: "whole numbers from 0 to 9",
  bool: "zeros and ones",
  string: "short texts",
};

function valuesInput({ dtype, shape }) {
  const whole = concrete(shape);
  const size = sizeOf(whole);
  const area = element("textarea", {
    rows: Math.min(8, 2 + Math.ceil(size / 12)),
    spellcheck: "false",
    "aria-describedby": "values-hint",
  });
  const dice = () => {
    const values = randomValues(dtype, size, generator(Math.floor(Math.random() * 2 ** 32)));
    area.value =
      dtype === "string" ? JSON.stringify(values) : Array.from(values, (value) => Number(value.toFixed(3))).join(", ");
  };
  dice();
  const hint = element(
    "p",
    { class: "hint", id: "values-hint" },
    `${count(size)} ${dtype === "string" ? "texts as JSON" : "numbers"}, row by row, of the shape ${shapeText(whole)}.`,
  );
  return {
    element: element(
      "div",
      {},
      labelled("Values", area),
      hint,
      button("Other random values", dice, { class: "quiet" }),
    ),
    tensor: (tf) => tf.tensor(parsed(area.value, dtype, size), whole, dtype),
    close() {},
  };
}

/** What was typed as so many values, or an error that says what is wrong with it. */
export function parsed(text, dtype, size) {
  if (dtype === "string") {
    const texts = JSON.parse(text).flat(Infinity).map(String);
    if (texts.length !== size)
      throw new Error(`${count(texts.length)} texts were given, and the input takes ${count(size)}.`);
    return texts;
  }
  const words = text
    .replace(/[[\]{}]/g, " ")
    .split(/[\s,;]+/)
    .filter(Boolean);
  const wrong = words.find((word) => !/^(true|false)$/i.test(word) && Number.isNaN(Number(word)));
  if (wrong) throw new Error(`“${wrong}” is not a number.`);
  if (words.length !== size)
    throw new Error(`${count(words.length)} numbers were given, and the input takes ${count(size)}.`);
  return ARRAYS[dtype].from(words, (word) => (/^true$/i.test(word) ? 1 : /^false$/i.test(word) ? 0 : Number(word)));
}
