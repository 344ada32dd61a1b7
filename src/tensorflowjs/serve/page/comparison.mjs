/** The same model measured on several backends; what the page's benchmark and `benchmark --browser` both run. */

import { measure } from "./measure.mjs";
import { Running } from "./running.mjs";
import { environment, useBackend } from "./tfjs.mjs";

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** `onStep` hears [backend, what, done, total] and may stop everything by returning false. */
export async function compare(url, kind, backends, { runs, batch = 1, seed = 1, onStep = () => true } = {}) {
  const results = {};
  let inputs = [];
  for (const backend of backends) {
    let running = null;
    if (onStep(backend, "loading", 0, 1) === false) break;
    await turn();
    try {
      const before = (await useBackend(backend)).memory();
      running = await Running.load(url, kind, backend);
      const tensors = running.randomTensors(seed, batch);
      inputs = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
      const onRun = (done, total) => onStep(backend, "running", done, total);
      const measured = await measure(running.tf, () => running.run(tensors), { runs, pause: turn, onRun, before });
      running.tf.dispose(tensors);
      results[backend] = { load: running.loadTime, ...measured };
    } catch (error) {
      results[backend] = { error: error.message };
    } finally {
      running?.close();
    }
  }
  return { unit: "ms", batch, inputs, environment: environment(), backends: results };
}
