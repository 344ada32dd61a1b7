/** The section where a model is loaded and run. */

import { button, element, labelled, section, select } from "./elements.mjs";
import { bytes, milliseconds } from "./format.mjs";
import { inputEditor } from "./inputs.mjs";
import { outputView } from "./outputs.mjs";
import { Running } from "./running.mjs";
import { alone, BACKENDS, firstChoice, useBackend, whyNot } from "./tfjs.mjs";
import { trouble } from "./troubles.mjs";

const LABELS = ["labels", "classes", "class_names", "classNames"];

/** `loaded` hears the model each time it has been loaded into a backend. */
export function runSection(url, described, loaded) {
  return new RunSection(url, described, loaded).element;
}

class RunSection {
  constructor(url, described, loaded) {
    Object.assign(this, { url, described, loaded, running: null, loading: 0, editors: [] });
    this.backend = select(
      BACKENDS.map((name) => [name, name]),
      "cpu",
      { change: () => this.choose() },
    );
    this.hasChosen = false;
    this.begin = button("Load the model", () => this.load(), { class: "main" });
    this.meter = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Loading" });
    this.said = element("p", { class: "hint", role: "status" });
    this.troubles = element("div");
    this.inputs = element("div", { class: "inputs" });
    this.outputs = element("div", { class: "outputs", "aria-live": "polite" });
    this.element = section(
      "run",
      "Run",
      element("div", { class: "row" }, labelled("Backend", this.backend), this.begin, this.meter),
      this.said,
      this.troubles,
      element("div", { class: "two" }, this.inputs, this.outputs),
    );
    this.findBackends();
  }

  async findBackends() {
    const first = await firstChoice();
    const missing = await Promise.all(BACKENDS.map(whyNot));
    for (const [at, option] of [...this.backend.options].entries()) {
      option.disabled = Boolean(missing[at]);
      option.title = missing[at] ?? "";
    }
    if (!this.hasChosen) this.backend.value = first;
  }

  choose() {
    this.hasChosen = true; // perhaps before it is known which backends there are
    if (this.running || this.loading) this.load(); // those under way have read the backend already
  }

  async load() {
    this.troubles.replaceChildren();
    const total = this.described.weightBytes;
    // With nothing to load, TF.js refuses to tell how far it is.
    const progress = (share) => {
      this.meter.value = share;
      this.said.textContent = `${bytes(Math.round(share * total))} of ${bytes(total)}`;
    };
    this.meter.hidden = false;
    progress(0);
    this.loading += 1;
    let running;
    try {
      await alone(async () => {
        this.running?.close();
        this.running = null;
        const told = this.described.weights.length ? progress : undefined;
        running = await Running.load(this.url, this.described.kind, this.backend.value, told);
        this.running = running;
      });
    } catch (error) {
      this.said.textContent = "";
      this.troubles.replaceChildren(trouble("The model could not be loaded", error));
      return;
    } finally {
      this.loading -= 1;
      this.meter.hidden = this.loading === 0;
    }
    this.said.textContent = `Loaded into ${running.backend} in ${milliseconds(running.loadTime)}.`;
    this.begin.textContent = "Load again";
    this.begin.classList.remove("main");
    if (!this.editors.length) this.showInputs(running);
    this.loaded(running);
  }

  showInputs(running) {
    const changed = () => this.run();
    this.editors = running.inputs.map((spec) => [spec.name, inputEditor(spec, changed)]);
    const run = button("Run", () => this.run(), { class: "main", id: "run-button" });
    this.inputs.replaceChildren(element("h3", {}, "Inputs"), ...this.editors.map(([, editor]) => editor.element), run);
    this.outputs.replaceChildren(element("h3", {}, "Outputs"), element("p", { class: "hint" }, "Nothing yet."));
  }

  run() {
    return alone(() => this.runOnce());
  }

  async runOnce() {
    const { running } = this;
    this.troubles.replaceChildren();
    const made = [];
    try {
      if (!running) throw new Error("It is not loaded. Load it again.");
      await useBackend(running.backend); // the benchmark may have left another one
      const tensors = {};
      for (const [name, editor] of this.editors) made.push((tensors[name] = editor.tensor(running.tf)));
      const begin = performance.now();
      const outputs = await running.run(tensors);
      made.push(...outputs);
      const values = await Promise.all(outputs.map((output) => output.data()));
      this.showOutputs(running, outputs, values, performance.now() - begin);
    } catch (error) {
      this.troubles.replaceChildren(trouble("The model did not run", error));
    } finally {
      running?.tf.dispose(made);
    }
  }

  showOutputs(running, outputs, values, time) {
    const labels = LABELS.map((key) => this.described.metadata?.[key]).find(Array.isArray);
    this.outputs.replaceChildren(
      element("h3", {}, "Outputs ", element("small", {}, `in ${milliseconds(time)} on ${running.backend}`)),
      ...outputs.map(({ dtype, shape }, at) => outputView(running.outputs[at].name, dtype, shape, values[at], labels)),
    );
  }
}
