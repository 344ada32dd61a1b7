"use strict";
/*
 * Runs models in the real TF.js for Python. One request at a time comes in on stdin, one reply goes out on stdout:
 * a line of JSON, then the bytes of its tensors, one after the other.
 *
 *   request  {"id", "command", "tensors": [{"name", "dtype", "shape", "bytes"}], ...arguments}
 *   reply    {"id", "ok": true, "result", "tensors", "console"} or {"id", "ok": false, "error", "fatal", "console"}
 *
 * Nothing a model does may end this process or write into stdout: whatever TF.js throws or says goes into the reply.
 *
 *   node runner.cjs TF_BUNDLE [WASM_BUNDLE WASM_DIRECTORY]
 */
const fs = require("fs");
const path = require("path");
const util = require("util");
const vm = require("vm");
const { createRequire } = require("module");
const { pathToFileURL } = require("url");
const { Worker } = require("worker_threads");

const ELEMENTS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, complex64: Float32Array };
// What the wasm backend says where the cpu backend could go on.
const LACKING = /not registered for backend|wasm backend|not (yet )?supported|only supports?/i;
const MODEL_URL = "http://model.invalid/";

// ---------------------------------------------------------------------------------------------- what TF.js says

const said = [];
const BANNER = /looks like you are running TensorFlow\.js in Node/i;

function listen(...parts) {
  const text = util.format(...parts).trim().slice(0, 2000);
  if (text && !BANNER.test(text) && said.length < 50) said.push(text);
}

console.warn = console.error = console.trace = listen;
console.log = console.info = console.debug = () => {};

// A model that loops for ever would outlive a Python that was killed: look after the parent from a second thread.
function followParent() {
  const watch = `const parent = ${process.ppid};
    setInterval(() => {
      try { process.kill(parent, 0); } catch (gone) { if (gone.code === "ESRCH") process.kill(process.pid, "SIGKILL"); }
      if (process.platform !== "win32" && process.ppid !== parent) process.kill(process.pid, "SIGKILL");
    }, 1000);`;
  new Worker(watch, { eval: true }).unref();
}

// ---------------------------------------------------------------------------------------------- TF.js itself

/** Runs a published bundle as a CommonJS module; `given` stands in for what it would require. */
function runBundle(file, given) {
  const module = { exports: {} };
  const requireBeside = createRequire(path.resolve(file));
  const requireFor = (name) => (name in given ? given[name] : requireBeside(name));
  const names = ["module", "exports", "require", "__filename", "__dirname"];
  const run = vm.compileFunction(fs.readFileSync(file, "utf8"), names, { filename: file });
  run(module, module.exports, requireFor, file, path.dirname(file));
  return module.exports;
}

function loadTfjs([tfBundle, wasmBundle, wasmDirectory]) {
  const loaded = runBundle(tfBundle, {});
  if (wasmBundle) {
    const wasm = runBundle(wasmBundle, { "@tensorflow/tfjs-core": loaded });
    wasm.setWasmPaths(wasmDirectory + path.sep);
  }
  return loaded;
}

let tf;

async function useBackend(name) {
  if (tf.getBackend() === name) return;
  if (!tf.engine().registryFactory[name]) throw new Error(`TF.js has no backend called '${name}' here`);
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} backend of TF.js could not be started`);
  await tf.ready();
  catchStrays(); // starting wasm installs handlers of its own, which end the process
}

/** Does `work` on the entry's backend; an entry that may choose goes on with cpu where wasm lacks something. */
async function onBackend(entry, work) {
  await useBackend(entry.backend);
  try {
    return await work();
  } catch (error) {
    if (!entry.mayChoose || entry.backend === "cpu" || !LACKING.test(String(error && error.message))) throw error;
    console.warn(`went on with the cpu backend, since wasm says: ${error.message}`);
    entry.backend = "cpu";
    await useBackend("cpu");
    return work();
  }
}

// ---------------------------------------------------------------------------------------------- tensors

function splitStrings(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    parts.push(new Uint8Array(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return parts;
}

function joinStrings(parts) {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(part.length);
      return [length, Buffer.from(part)];
    }),
  );
}

function makeTensor({ dtype, shape, data }) {
  if (dtype === "string") return tf.tensor(splitStrings(data), shape, dtype);
  // A copy, since typed arrays must start at a multiple of their element size.
  const aligned = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const values = new ELEMENTS[dtype](aligned);
  if (dtype !== "complex64") return tf.tensor(values, shape, dtype);
  const part = (offset) => tf.tensor(values.filter((_, i) => i % 2 === offset), shape, "float32");
  const [real, imag] = [part(0), part(1)];
  const whole = tf.complex(real, imag);
  tf.dispose([real, imag]);
  return whole;
}

async function readTensor(name, tensor) {
  const { dtype, shape } = tensor;
  if (dtype === "string") return { name, dtype, shape, data: joinStrings(await tensor.bytes()) };
  const values = await tensor.data();
  const exact = values instanceof ELEMENTS[dtype] ? values : ELEMENTS[dtype].from(values);
  // Copied: the array may be a window on memory that is freed with the tensor.
  return { name, dtype, shape, data: Buffer.from(Buffer.from(exact.buffer, exact.byteOffset, exact.byteLength)) };
}

/** JSON has no NaN and no infinity: those travel as their names. */
const number = (value) => (Number.isFinite(value) ? value : String(value));

// ---------------------------------------------------------------------------------------------- models

const models = new Map();
let lastModel = 0;

/** The loader that browsers use, with files in place of the network. */
function handlerFor(modelFile) {
  const fetchFunc = async (url) => {
    const relative = decodeURIComponent(new URL(url).pathname).slice(1);
    const file = path.join(path.dirname(modelFile), relative);
    if (!fs.existsSync(file)) throw new Error(`${relative} is missing beside ${path.basename(modelFile)}`);
    return new Response(await fs.promises.readFile(file));
  };
  return tf.io.http(MODEL_URL + encodeURIComponent(path.basename(modelFile)), { fetchFunc });
}

const dimensions = (shape) => (shape ? Array.from(shape, (size) => (size == null || size < 0 ? null : size)) : null);
const spec = (name, { dtype, shape }) => ({ name, dtype, shape: dimensions(shape) });

/** What the two kinds of models do differently. */
const KINDS = {
  layers: {
    async load(handler) {
      const model = await tf.loadLayersModel(handler);
      if (!model.built) model.build(); // a Sequential has no names before; its first predict would do this
      return model;
    },
    // The tensors' own names get a suffix with every further model of the process.
    inputs: (model) => model.inputNames.map((name, i) => spec(name, model.inputs[i])),
    outputNames: (model) => model.outputNames,
    async run(model, tensors) {
      const named = new Map(tensors.map((tensor) => [tensor.name, tensor.value]));
      const inputs = model.inputNames.map((name) => named.get(name));
      const batchSize = model.inputs[0].shape[0] || 32;
      return model.predict(inputs.length === 1 ? inputs[0] : inputs, { batchSize });
    },
    async inside(model, tensors, names) {
      const outputs = names.map((name) => model.getLayer(name).output);
      return this.run(tf.model({ inputs: model.inputs, outputs }), tensors);
    },
    weights: (model) => model.weights.map((weight) => [weight.originalName, weight.read()]),
  },
  graph: {
    load: (handler) => tf.loadGraphModel(handler),
    inputs: (model) => model.inputNodes.map((name, i) => spec(name, model.inputs[i])),
    outputNames: (model) => model.structuredOutputKeys || model.outputNodes,
    async run(model, tensors) {
      const named = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor.value]));
      try {
        return model.predict(named);
      } catch (error) {
        if (!/executeAsync/.test(error.message)) throw error;
        return model.executeAsync(named);
      }
    },
    async inside(model, tensors, names) {
      const named = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor.value]));
      try {
        return model.execute(named, names);
      } catch (error) {
        if (!/executeAsync/.test(error.message)) throw error;
        return model.executeAsync(named, names);
      }
    },
    weights: (model) => Object.entries(model.weights).flatMap(([name, values]) => values.map((value) => [name, value])),
  },
};

function inOrder(result, names) {
  if (result instanceof tf.Tensor) return [result];
  return Array.isArray(result) ? result : names.map((name) => result[name]);
}

function entryOf({ model }) {
  if (!models.has(model)) throw new Error(`there is no loaded model ${model}`);
  return models.get(model);
}

async function load({ path: modelFile, kind, backend }) {
  const mayChoose = backend === "auto";
  const first = mayChoose ? (tf.engine().registryFactory.wasm ? "wasm" : "cpu") : backend;
  const entry = { kind: KINDS[kind], backend: first, mayChoose };
  const begin = performance.now();
  entry.model = await onBackend(entry, () => entry.kind.load(handlerFor(modelFile)));
  const loadTime = performance.now() - begin;
  models.set(++lastModel, entry);
  return {
    result: {
      model: lastModel,
      backend: entry.backend,
      inputs: entry.kind.inputs(entry.model),
      outputNames: entry.kind.outputNames(entry.model),
      compiled: kind === "layers" && entry.model.optimizer != null,
      loadTime,
    },
  };
}

async function predict(request) {
  const entry = entryOf(request);
  const { inside } = request; // names of layers or nodes, whose outputs are wanted in place of the model's
  const names = inside ?? entry.kind.outputNames(entry.model);
  const run = (inputs) => (inside ? entry.kind.inside(entry.model, inputs, inside) : entry.kind.run(entry.model, inputs));
  const tensors = await onBackend(entry, async () => {
    const inputs = request.tensors.map((tensor) => ({ name: tensor.name, value: makeTensor(tensor) }));
    let outputs = [];
    try {
      outputs = inOrder(await run(inputs), names);
      return await Promise.all(outputs.map((output, i) => readTensor(names[i], output)));
    } finally {
      tf.dispose([inputs.map((input) => input.value), outputs]);
    }
  });
  return { result: { backend: entry.backend }, tensors };
}

/** Measures with `script`, a module that is made for browsers too. */
async function benchmark(request) {
  const entry = entryOf(request);
  const { measure } = await import(pathToFileURL(request.script).href);
  await useBackend(entry.backend);
  const inputs = request.tensors.map((tensor) => ({ name: tensor.name, value: makeTensor(tensor) }));
  const names = entry.kind.outputNames(entry.model);
  const run = async () => inOrder(await entry.kind.run(entry.model, inputs), names);
  try {
    return { result: await measure(tf, run, { runs: request.runs }) };
  } finally {
    tf.dispose(inputs.map((input) => input.value));
  }
}

async function weights(request) {
  const { model, kind } = entryOf(request);
  const named = kind.weights(model);
  if (request.values) {
    return { result: {}, tensors: await Promise.all(named.map(([name, tensor]) => readTensor(name, tensor))) };
  }
  return { result: { weights: named.map(([name, { dtype, shape }]) => ({ name, dtype, shape })) } };
}

async function loss(model, x, y, batchSize) {
  const [first] = [model.evaluate(x, y, { batchSize })].flat();
  const [value] = await first.data();
  return number(value);
}

async function fit(request) {
  const entry = entryOf(request);
  const { epochs, batchSize, compile } = request;
  if (compile) entry.model.compile(compile);
  return onBackend(entry, async () => {
    const values = request.tensors.map(makeTensor);
    const role = (name) => values.filter((_, i) => request.tensors[i].name === name);
    const [x, y] = [role("x"), role("y")].map((list) => (list.length === 1 ? list[0] : list));
    try {
      const before = await loss(entry.model, x, y, batchSize);
      const { history } = await entry.model.fit(x, y, { epochs, batchSize, shuffle: false, verbose: 0 });
      const after = await loss(entry.model, x, y, batchSize);
      const numbers = Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values.map(number)]));
      return { result: { before, after, history: numbers, backend: entry.backend } };
    } finally {
      tf.dispose(values);
    }
  });
}

async function unload(request) {
  entryOf(request).model.dispose();
  models.delete(request.model);
  return { result: {} };
}

async function memory() {
  const { numTensors, numBytes } = tf.memory();
  return { result: { models: models.size, tensors: numTensors, bytes: numBytes, rss: process.memoryUsage().rss } };
}

const COMMANDS = { load, predict, benchmark, weights, fit, unload, memory };

// ---------------------------------------------------------------------------------------------- requests and replies

function send(reply, tensors = []) {
  const headers = tensors.map(({ name, dtype, shape, data }) => ({ name, dtype, shape, bytes: data.length }));
  process.stdout.write(JSON.stringify({ ...reply, tensors: headers, console: said.splice(0) }) + "\n");
  for (const { data } of tensors) process.stdout.write(data);
}

function sendError(id, error) {
  const message = error instanceof Error ? error.message : String(error);
  // After a trap the memory of wasm can no longer be trusted: Python starts a new process.
  const fatal = error instanceof WebAssembly.RuntimeError || /Aborted\(/.test(message);
  send({ id, ok: false, error: message || String(error), fatal });
}

let current = null; // id of the request under way

function catchStrays() {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.removeAllListeners(event);
    process.on(event, (error) => {
      if (current === null) return listen(error);
      sendError(current, error);
      current = null;
    });
  }
}

async function answer(request) {
  const id = (current = request.id);
  try {
    const { result, tensors } = await COMMANDS[request.command](request);
    if (current === id) send({ id, ok: true, result }, tensors);
  } catch (error) {
    if (current === id) sendError(id, error);
  }
  current = null;
}

/** Yields every request on stdin, its tensors' bytes in place. */
async function* requests() {
  let pending = Buffer.alloc(0);
  const chunks = process.stdin[Symbol.asyncIterator]();
  const read = async (enough) => {
    const parts = [pending];
    let size = pending.length;
    while (!enough(parts[parts.length - 1], size)) {
      const { value, done } = await chunks.next();
      if (done) return false;
      parts.push(value);
      size += value.length;
    }
    pending = Buffer.concat(parts);
    return true;
  };
  while (await read((last) => last.includes(10))) {
    const end = pending.indexOf(10);
    const request = JSON.parse(pending.subarray(0, end).toString("utf8"));
    pending = pending.subarray(end + 1);
    const needed = request.tensors.reduce((total, tensor) => total + tensor.bytes, 0);
    if (!(await read((_, size) => size >= needed))) return;
    let at = 0;
    for (const tensor of request.tensors) tensor.data = pending.subarray(at, (at += tensor.bytes));
    pending = pending.subarray(needed);
    yield request;
  }
}

async function main() {
  if (parseInt(process.versions.node, 10) < 18) throw new Error(`Node 18 or newer is needed, this is ${process.version}`);
  followParent();
  catchStrays();
  tf = loadTfjs(process.argv.slice(2));
  send({ id: 0, ok: true, result: { node: process.version, tfjs: tf.version.tfjs } });
  for await (const request of requests()) await answer(request);
  process.exit(0);
}

main().catch((error) => {
  sendError(0, error);
  process.exitCode = 1;
  process.stdin.destroy();
});
