/** What came out of a model, in the form that says most: bars, a picture, a table, a few figures. */

import { bars } from "./charts.mjs";
import { element } from "./elements.mjs";
import { count, shape as shapeText, value as valueText } from "./format.mjs";

const TOP = 10;
const SHOWN = 4096;

/** `labels` names the places of a vector, where the model's metadata has such a list. */
export function outputView(name, dtype, shape, values, labels) {
  const list = Array.from(values);
  return element(
    "article",
    { class: "output", "data-output": name },
    element("h3", {}, element("code", {}, name), " ", element("small", {}, `${dtype} ${shapeText(shape)}`)),
    view(shape, list, labels),
    element(
      "details",
      {},
      element("summary", {}, `Values${list.length > SHOWN ? ` (the first ${count(SHOWN)})` : ""}`),
      element("pre", { class: "values" }, JSON.stringify(list.slice(0, SHOWN).map(plain))),
    ),
  );
}

/** JSON has no NaN. */
const plain = (value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);

function view(shape, list, labels) {
  const last = shape[shape.length - 1] ?? 1;
  const broken = list.filter((value) => typeof value === "number" && !Number.isFinite(value)).length;
  if (broken)
    return element(
      "p",
      { class: "warning" },
      `${count(broken)} of ${count(list.length)} values are not finite (NaN or infinity).`,
    );
  if (list.length === 1) return element("p", { class: "single" }, valueText(list[0]));
  if (typeof list[0] === "string") return element("p", {}, list.slice(0, 20).join(", "));
  if (last === list.length) return vector(list, labels?.length === list.length ? labels : null);
  if (isPicture(shape)) return picture(shape, list);
  return summary(list);
}

function vector(list, labels) {
  const order = list.map((value, at) => at).sort((a, b) => list[b] - list[a]);
  const low = Math.min(0, list[order[order.length - 1]]); // where bars begin
  const rows = order.slice(0, TOP).map((at) => ({
    label: labels ? String(labels[at]) : `# ${at}`,
    value: list[at] - low,
    text: valueText(list[at]),
  }));
  const isShare = list.every((value) => value >= 0 && value <= 1.0001);
  const more = list.length - rows.length;
  return element(
    "div",
    {},
    bars("The largest values", rows, isShare ? 1 : undefined),
    more > 0 && element("p", { class: "hint" }, `and ${count(more)} smaller`),
  );
}

const isPicture = ([batch, height, width, channels, ...rest]) =>
  batch === 1 && !rest.length && height > 3 && width > 3 && [1, 3, 4].includes(channels);

function picture([, height, width, channels], list) {
  const [low, high] = limits(list);
  const scale = 255 / (high - low || 1);
  const canvas = element("canvas", {
    width,
    height,
    class: "picture",
    role: "img",
    "aria-label": "The output as a picture",
  });
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 4; channel += 1) {
      const from = channels === 1 ? 0 : channel;
      const isOpaque = channel === 3 && channels < 4;
      image.data[4 * pixel + channel] = isOpaque ? 255 : (list[channels * pixel + from] - low) * scale;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return element(
    "div",
    {},
    canvas,
    element("p", { class: "hint" }, `black is ${valueText(low)}, white ${valueText(high)}`),
  );
}

function limits(list) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of list) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

function summary(list) {
  const [low, high] = limits(list);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const figures = {
    values: count(list.length),
    smallest: valueText(low),
    mean: valueText(mean),
    largest: valueText(high),
  };
  return element(
    "dl",
    { class: "figures" },
    ...Object.entries(figures).map(([term, text]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, text)),
    ),
  );
}
