/** The section that measures a model on several backends, side by side. */

import { bars, distribution } from "./charts.mjs";
import { compare } from "./comparison.mjs";
import { button, element, labelled, saveAs, section, table } from "./elements.mjs";
import { bytes, milliseconds, percent, plural } from "./format.mjs";
import { RUNS, statistics } from "./measure.mjs";
import { BACKENDS, softwareRenderer, whyNot } from "./tfjs.mjs";
import { trouble } from "./troubles.mjs";

const TONES = { cpu: "tone-5", wasm: "tone-2", webgl: "tone-1", webgpu: "tone-4" };
const MOST_KERNELS = 8;
const MOST_RUNS = 1000;

export function benchmarkSection(url, path, described) {
  return new BenchmarkSection(url, path, described).element;
}

class BenchmarkSection {
  constructor(url, path, described) {
    Object.assign(this, { url, path, described, stopped: false });
    this.boxes = new Map(
      BACKENDS.map((name) => [name, element("input", { type: "checkbox", value: name, disabled: true })]),
    );
    this.runs = element("input", { type: "number", value: RUNS, min: 1, max: MOST_RUNS, inputmode: "numeric" });
    this.start = button("Start", () => this.measure(), { class: "main", id: "benchmark-start" });
    this.stop = element("button", { type: "button", hidden: true, on: { click: () => (this.stopped = true) } }, "Stop");
    this.meter = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Measuring" });
    this.said = element("p", { class: "hint", role: "status" });
    this.results = element("div", { id: "benchmark-results" });
    this.element = section(
      "benchmark",
      "Benchmark",
      element(
        "fieldset",
        { class: "row" },
        element("legend", { class: "unseen" }, "Backends to measure"),
        ...[...this.boxes].map(([name, box]) => element("label", { class: `check ${TONES[name]}` }, box, name)),
        labelled("Runs", this.runs),
        this.start,
        this.stop,
        this.meter,
      ),
      this.said,
      this.results,
    );
    this.start.disabled = true;
    this.findBackends();
  }

  async findBackends() {
    const reasons = [];
    for (const [name, box] of this.boxes) {
      const reason = await whyNot(name);
      box.checked = !reason;
      box.disabled = Boolean(reason);
      if (reason) reasons.push(reason);
    }
    const program = softwareRenderer();
    if (program)
      reasons.push(
        `There is no graphics processor here: ${program} stands in for it, so the times of webgl say little.`,
      );
    this.said.textContent = reasons.join(" ");
    this.start.disabled = false;
  }

  async measure() {
    const backends = [...this.boxes].filter(([, box]) => box.checked).map(([name]) => name);
    if (!backends.length) {
      this.said.textContent = "Choose a backend.";
      return;
    }
    const runs = Math.min(MOST_RUNS, Math.max(1, Math.round(Number(this.runs.value)) || RUNS));
    this.working(true);
    const onStep = (backend, what, done, total) => {
      this.meter.value = (backends.indexOf(backend) + done / total) / backends.length;
      const text = what === "loading" ? `${backend}: loading` : `${backend}: ${done} of ${total} runs`;
      if (what === "loading" || done % 10 === 0) this.said.textContent = text;
      return !this.stopped;
    };
    try {
      const result = await compare(this.url, this.described.kind, backends, { runs, onStep });
      this.show({ model: this.path, format: this.described.kind, weightBytes: this.described.weightBytes, ...result });
      this.said.textContent = this.stopped ? "Stopped." : "Done.";
    } catch (error) {
      this.said.textContent = "";
      this.results.replaceChildren(trouble("The benchmark ended early", error));
    } finally {
      this.working(false);
    }
  }

  working(on) {
    this.stopped = false;
    this.stop.hidden = !on;
    this.meter.hidden = !on;
  }

  show(result) {
    const all = Object.entries(result.backends).map(([name, measured]) => ({ name, ...measured }));
    const good = all.filter(({ warm }) => warm);
    const failed = all.filter(({ error }) => error);
    this.results.replaceChildren(
      timesTable(all.filter(({ error }) => !error)),
      good.length ? spreadChart(good) : "",
      ...failed.map(({ name, error }) => trouble(`No figures for ${name}`, new Error(error))),
      ...profiles(all.filter(({ kernels }) => kernels)),
      button("Save as JSON", () => saveAs(`benchmark-${this.path.replaceAll("/", "-")}`, result), {
        class: "quiet",
        id: "benchmark-save",
      }),
    );
  }
}

function timesTable(rows) {
  if (!rows.length) return "";
  const fastest = Math.min(...rows.map(({ warm }) => warm?.median ?? Infinity));
  const median = ({ warm }) =>
    warm?.median === fastest && rows.length > 1
      ? element("b", {}, milliseconds(warm.median))
      : milliseconds(warm?.median);
  return table(
    "Times and memory by backend",
    [
      ["Backend", ({ name }) => element("span", { class: `dot-name ${TONES[name]}` }, name)],
      ["Load", ({ load }) => milliseconds(load), true],
      ["First run", ({ first }) => milliseconds(first), true],
      ["Median", median, true],
      ["p90", ({ warm }) => milliseconds(warm?.p90), true],
      ["Fastest", ({ warm }) => milliseconds(warm?.min), true],
      ["Memory", ({ memory }) => bytes(memory.gpuBytes || memory.bytes), true],
      ["Tensors", ({ memory }) => memory.tensors, true],
    ],
    rows,
    { class: "times" },
  );
}

function spreadChart(rows) {
  const lines = rows.map(({ name, warm }) => ({
    name,
    times: warm.times,
    median: warm.median,
    p90: warm.p90,
    p10: tenth(warm.times),
    tone: TONES[name],
  }));
  const words = lines.map(
    ({ name, median, p90 }) => `${name}: median ${milliseconds(median)}, p90 ${milliseconds(p90)}`,
  );
  return element(
    "figure",
    {},
    distribution(`Times of the warm runs. ${words.join("; ")}.`, lines),
    element(
      "figcaption",
      { class: "hint" },
      "Every dot is a warm run; the line is the median, the band the middle 80 %. The scale is logarithmic.",
    ),
  );
}

const tenth = (times) => -statistics(times.map((time) => -time)).p90;

function profiles(rows) {
  return rows.map(({ name, kernels }, at) => {
    const timed = kernels.filter(({ ms }) => ms !== null);
    const total = timed.reduce((sum, { ms }) => sum + ms, 0);
    const bar = ({ name: kernel, calls, ms }) => ({
      label: kernel,
      value: total ? (ms ?? 0) : calls,
      text: total ? milliseconds(ms) : plural(calls, "call"),
      note: total ? `${percent((ms ?? 0) / total)}, ${plural(calls, "call")}` : "this backend does not tell times",
      tone: TONES[name],
    });
    return element(
      "details",
      { class: "profile", open: at === 0 },
      element("summary", {}, `Kernels on ${name}`),
      bars(`Kernels on ${name}`, kernels.slice(0, MOST_KERNELS).map(bar)),
    );
  });
}
