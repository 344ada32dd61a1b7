/**
 * Measures a model in TF.js; the page and Node (verify/runner.cjs) both do it with this.
 *
 * The first run compiles and uploads, so it is told apart from the warm ones. A run ends when its results are here.
 */

export const RUNS = 30;
const PROFILES = 5; // of which the mean is taken, unless a run takes longer than
const QUICK = 200; // milliseconds

/** Of times in milliseconds. */
export function statistics(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, time) => sum + time, 0) / sorted.length;
  const variance = sorted.reduce((sum, time) => sum + (time - mean) ** 2, 0) / sorted.length;
  return {
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    mean,
    min: sorted[0],
    max: sorted[sorted.length - 1],
    deviation: Math.sqrt(variance),
  };
}

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/**
 * `predict` runs the model once and gives its output tensors. `pause` lets others have a turn between two runs;
 * `onRun` hears how many are through and may stop it by returning false; `before` is what tf.memory() said before the
 * model was there.
 */
export async function measure(
  tf,
  predict,
  { runs = RUNS, pause = async () => {}, onRun = () => true, before = {} } = {},
) {
  const once = async () => {
    const begin = performance.now();
    const outputs = await predict();
    await Promise.all(outputs.map((output) => output.data()));
    const time = performance.now() - begin;
    tf.dispose(outputs);
    return time;
  };
  const first = await once();
  const times = [];
  while (times.length < runs && onRun(times.length, runs) !== false) {
    await pause();
    times.push(await once());
  }
  const memory = tf.memory();
  const isQuick = times.length > 0 && statistics(times).median < QUICK;
  const profile = await profiled(tf, predict, isQuick ? PROFILES : 1);
  return {
    first,
    warm: times.length ? { ...statistics(times), times } : null,
    memory: {
      tensors: more("numTensors", memory, before),
      bytes: more("numBytes", memory, before),
      gpuBytes: "numBytesInGPU" in memory ? more("numBytesInGPU", memory, before) : null,
      peakBytes: profile.peakBytes === null ? null : profile.peakBytes - (before.numBytes ?? 0),
    },
    kernels: profile.kernels,
  };
}

const more = (key, now, before) => now[key] - (before[key] ?? 0);

/** What one run spends its time on, by kernel. `ms` is null where the backend cannot tell. */
async function profiled(tf, predict, times) {
  const byName = new Map();
  let peakBytes = null;
  for (let time = 0; time < times; time += 1) {
    const profile = await tf.profile(async () => {
      const outputs = await predict();
      await Promise.all(outputs.map((output) => output.data()));
      tf.dispose(outputs);
    });
    if (Number.isFinite(profile.peakBytes)) peakBytes = profile.peakBytes;
    // What is called …__op only calls other kernels, which are counted by themselves.
    for (const kernel of profile.kernels.filter(({ name }) => !name.endsWith("__op"))) await add(kernel, byName);
  }
  const perRun = ({ name, calls, ms }) => ({ name, calls: calls / times, ms: ms === null ? null : ms / times });
  const kernels = [...byName.values()].map(perRun).sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0) || b.calls - a.calls);
  return { kernels, peakBytes };
}

async function add({ name, kernelTimeMs }, byName) {
  const time = await kernelTimeMs;
  const entry = byName.get(name) ?? { name, calls: 0, ms: 0 };
  entry.calls += 1;
  entry.ms = Number.isFinite(time) && entry.ms !== null ? entry.ms + time : null;
  byName.set(name, entry);
}
