/** Charts in SVG. Each says in words what it shows; their colours and fonts are those of the page. */

import { drawing, element } from "./elements.mjs";

/** Horizontal bars as a list: [{ label, value, text, note, tone }]. Lengths are shares of the largest value. */
export function bars(label, rows, largest = Math.max(...rows.map((row) => row.value))) {
  return element(
    "ol",
    { class: rows.some((row) => row.note) ? "bars noted" : "bars", "aria-label": label },
    ...rows.map(({ label: name, value, text, note, tone }) =>
      element(
        "li",
        { class: tone ?? "" },
        element("span", { class: "bar-name", title: name }, name),
        drawing(
          "svg",
          { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
          drawing("rect", { class: "rail", width: 100, height: 8 }),
          drawing("rect", { class: "fill", width: largest > 0 ? Math.max(0, (100 * value) / largest) : 0, height: 8 }),
        ),
        element("span", { class: "bar-text" }, text),
        note && element("small", { class: "bar-note" }, note),
      ),
    ),
  );
}

/** A map of areas: every weight a rectangle as large as its bytes, in one strip for each row of `rows`. */
export function strip(label, parts) {
  const total = parts.reduce((sum, part) => sum + part.value, 0) || 1;
  let at = 0;
  return drawing(
    "svg",
    { class: "strip", viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": label },
    ...parts.map(({ value, title, tone }) => {
      const width = (1000 * value) / total;
      const made = drawing(
        "rect",
        { x: at, width: Math.max(0, width - (width > 6 ? 1.5 : 0)), height: 40, class: tone },
        drawing("title", {}, title),
      );
      at += width;
      return made;
    }),
  );
}

const WIDTH = 720;
const ROW = 46;
const LEFT = 96;

/** Every time as a dot, the middle 80 % as a band, the median as a line; all rows on one logarithmic axis. */
export function distribution(label, rows) {
  const all = rows.flatMap((row) => row.times);
  const [low, high] = bounds(Math.min(...all), Math.max(...all));
  const x = (time) =>
    LEFT + ((WIDTH - LEFT - 16) * (Math.log(Math.max(time, low)) - Math.log(low))) / (Math.log(high) - Math.log(low));
  const bottom = rows.length * ROW + 8;
  return drawing(
    "svg",
    { class: "distribution", viewBox: `0 0 ${WIDTH} ${bottom + 26}`, role: "img", "aria-label": label },
    ...ticks(low, high).map((tick) => [
      drawing("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 4, y2: bottom }),
      drawing("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, `${tick} ms`),
    ]),
    ...rows.map((row, at) => distributionRow(row, at * ROW + 8, x)),
  );
}

function distributionRow({ name, times, median, p10, p90, tone }, top, x) {
  const middle = top + ROW / 2 - 4;
  return drawing(
    "g",
    { class: tone },
    drawing("text", { class: "row-name", x: 0, y: middle + 4 }, name),
    drawing("rect", {
      class: "band",
      x: x(p10),
      width: Math.max(2, x(p90) - x(p10)),
      y: middle - 12,
      height: 24,
      rx: 3,
    }),
    ...times.map((time, at) => drawing("circle", { class: "dot", cx: x(time), cy: middle + spread(at), r: 2.6 })),
    drawing("line", { class: "median", x1: x(median), x2: x(median), y1: middle - 15, y2: middle + 15 }),
  );
}

/** Keeps dots of the same time apart, the same way each time. */
const spread = (at) => ((at * 0.618034) % 1) * 18 - 9;

/** Limits with some air, never so close that noise looks like news. */
function bounds(low, high) {
  const [least, most] = [Math.max(low, 1e-3), Math.max(high, 1e-3)];
  const middle = Math.sqrt(least * most);
  const factor = Math.max(Math.sqrt(most / least) * 1.15, 1.6);
  return [middle / factor, middle * factor];
}

function ticks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of [1, 2, 5]) {
      const tick = Number((step * 10 ** power).toPrecision(1));
      if (tick >= low && tick <= high) found.push(tick);
    }
  }
  const every = Math.ceil(found.length / 8);
  return found.filter((_, at) => at % every === 0);
}
