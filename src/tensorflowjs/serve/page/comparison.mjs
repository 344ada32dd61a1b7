/** The same model measured on several backends; what the page's benchmark and `benchmark --browser` both run. */

import { measure } from "./measure.mjs";
import { Running } from "./running.mjs";
import { alone, environment, useBackend } from "./tfjs.mjs";

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** `onStep` hears [backend, what, done, total] and may stop everything by returning false. */
export async function compare(url, kind, backends, { runs, batch = 1, seed = 1, onStep = () => true } = {}) {
  const results = {};
  let inputs = [];
  for (const backend of backends) {
    if (onStep(backend, "loading", 0, 1) === false) break;
    await turn();
    const onRun = (done, total) => onStep(backend, "running", done, total);
    try {
      const measured = await alone(() => measureOn(backend, url, kind, { runs, batch, seed, onRun }));
      ({ inputs } = measured);
      results[backend] = measured.figures;
    } catch (error) {
      results[backend] = { error: error.message };
    }
  }
  return { unit: "ms", batch, inputs, environment: environment(), backends: results };
}

async function measureOn(backend, url, kind, { runs, batch, seed, onRun }) {
  const tf = await useBackend(backend);
  const before = tf.memory();
  const running = await Running.load(url, kind, backend);
  const tensors = running.randomTensors(seed, batch);
  try {
    const inputs = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    const measured = await measure(tf, () => running.run(tensors), { runs, pause: turn, onRun, before });
    return { inputs, figures: { load: running.loadTime, ...measured } };
  } finally {
    tf.dispose(tensors);
    running.close();
  }
}
