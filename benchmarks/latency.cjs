"use strict";
/*
 * Times graph models in TF.js, one run of each in turns, in one process.
 *
 *   node latency.cjs NODE_MODULES REQUEST.json
 *
 * The request: {backend, warmUp, rounds, seconds, models: {name: model.json}, inputs: [{name, dtype, shape, values}]};
 * there are at least so many rounds, and for so long. What is written: {name: {wall: [milliseconds of each round],
 * processor: [the same of processor time]}}. A run lasts until the values of all outputs are there.
 */
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const [modules, requestFile] = process.argv.slice(2);
const request = JSON.parse(fs.readFileSync(requestFile, "utf8"));
const require_ = createRequire(path.join(path.resolve(modules), "anything.js"));
console.warn = () => {};
const tf = require_("@tensorflow/tfjs");
const wasm = require_("@tensorflow/tfjs-backend-wasm");

/** The model.json and the shards beside it. */
function fromFiles(file) {
  const document = JSON.parse(fs.readFileSync(file, "utf8"));
  const paths = document.weightsManifest.flatMap((group) => group.paths);
  const data = Buffer.concat(paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name))));
  return {
    load: async () => ({
      ...document,
      weightSpecs: document.weightsManifest.flatMap((group) => group.weights),
      weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
    }),
  };
}

/** Whether a model needs `executeAsync` shows when it is run. */
async function execute(model, inputs) {
  if (!model.isAsync) {
    try {
      return model.predict(inputs);
    } catch (error) {
      if (!/executeAsync/.test(error.message)) throw error;
      model.isAsync = true;
    }
  }
  return model.executeAsync(inputs);
}

async function timed(model, inputs) {
  const [start, used] = [process.hrtime.bigint(), process.cpuUsage()];
  const outputs = [await execute(model, inputs)].flat();
  await Promise.all(outputs.map((output) => output.data()));
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(used);
  tf.dispose(outputs);
  return { wall, processor: (user + system) / 1e3 };
}

async function main() {
  wasm.setWasmPaths(path.join(path.resolve(modules), "@tensorflow", "tfjs-backend-wasm", "dist") + path.sep);
  await tf.setBackend(request.backend);
  await tf.ready();
  const inputs = {};
  for (const { name, dtype, shape, values } of request.inputs) inputs[name] = tf.tensor(values, shape, dtype);
  const models = [];
  for (const [name, file] of Object.entries(request.models)) {
    models.push({ name, model: await tf.loadGraphModel(fromFiles(file)), wall: [], processor: [] });
  }
  let end = Infinity; // milliseconds
  for (let round = -request.warmUp; round < request.rounds || performance.now() < end; round++) {
    if (round === 0) end = performance.now() + 1e3 * request.seconds;
    // Whoever comes first may find the caches of the other.
    for (const entry of round % 2 ? models : [...models].reverse()) {
      const { wall, processor } = await timed(entry.model, inputs);
      if (round < 0) continue;
      entry.wall.push(wall);
      entry.processor.push(processor);
    }
  }
  const found = Object.fromEntries(models.map(({ name, wall, processor }) => [name, { wall, processor }]));
  process.stdout.write(JSON.stringify(found));
}

main().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exit(1);
});
