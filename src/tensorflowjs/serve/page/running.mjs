/** A model in TF.js, of either kind behind one face. */

import { concrete, generator, randomValues, sizeOf } from "./randomness.mjs";
import { useBackend } from "./tfjs.mjs";

const sizes = (shape) => (shape ? Array.from(shape, (size) => (size == null || size < 0 ? null : size)) : null);

/** TF.js takes whatever a server answers for weights, be it the words that there are none. */
async function fetchFunc(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${decodeURIComponent(answer.url)} was answered with status code ${answer.status}`);
  return answer;
}

/** What the two kinds do differently. */
const KINDS = {
  layers: {
    load: (tf, url, options) => tf.loadLayersModel(url, options),
    inputs: (model) =>
      model.inputNames.map((name, at) => ({
        name,
        dtype: model.inputs[at].dtype,
        shape: sizes(model.inputs[at].shape),
      })),
    outputs: (model) =>
      model.outputNames.map((name, at) => ({
        name,
        dtype: model.outputs[at].dtype,
        shape: sizes(model.outputs[at].shape),
      })),
    async run(model, tensors) {
      const given = model.inputNames.map((name) => tensors[name]);
      return [model.predict(given.length === 1 ? given[0] : given, { batchSize: given[0].shape[0] || 1 })].flat();
    },
  },
  graph: {
    load: (tf, url, options) => tf.loadGraphModel(url, options),
    inputs: (model) =>
      model.inputNodes.map((name, at) => ({
        name,
        dtype: model.inputs[at].dtype,
        shape: sizes(model.inputs[at].shape),
      })),
    outputs: (model) =>
      (model.structuredOutputKeys ?? model.outputNodes).map((name, at) => ({
        name,
        dtype: model.outputs[at]?.dtype,
        shape: sizes(model.outputs[at]?.shape),
      })),
    async run(model, tensors) {
      const result = await runGraph(model, tensors);
      if (result instanceof globalThis.tf.Tensor) return [result];
      return Array.isArray(result)
        ? result
        : (model.structuredOutputKeys ?? model.outputNodes).map((name) => result[name]);
    },
  },
};

/** Models with control flow that depends on data can only run asynchronously, which costs the others time. */
async function runGraph(model, tensors) {
  if (!model.mustRunAsync) {
    try {
      return model.predict(tensors);
    } catch (error) {
      if (!/executeAsync/.test(error.message)) throw error;
      model.mustRunAsync = true;
    }
  }
  return model.executeAsync(tensors);
}

export class Running {
  /** Loads the model at `url` into `backend`; `onProgress` hears how far it is, from 0 to 1. */
  static async load(url, kind, backend, onProgress) {
    const tf = await useBackend(backend);
    const begin = performance.now();
    const model = await KINDS[kind].load(tf, url, { onProgress, fetchFunc });
    return new Running(tf, kind, model, backend, performance.now() - begin);
  }

  constructor(tf, kind, model, backend, loadTime) {
    Object.assign(this, { tf, kind, model, backend, loadTime });
    if (kind === "layers" && !model.built) model.build();
    this.inputs = KINDS[kind].inputs(model);
    this.outputs = KINDS[kind].outputs(model);
  }

  /** The output tensors for {input name: tensor}; whoever asked disposes them. */
  run(tensors) {
    return KINDS[this.kind].run(this.model, tensors);
  }

  /** Tensors of random values for all inputs. */
  randomTensors(seed = 1, batch = 1) {
    const random = generator(seed);
    return Object.fromEntries(
      this.inputs.map(({ name, dtype, shape }) => {
        const whole = concrete(shape, batch);
        return [
          name,
          this.tf.tensor(randomValues(dtype, sizeOf(whole), random), whole, dtype === "float32" ? undefined : dtype),
        ];
      }),
    );
  }

  close() {
    this.model.dispose();
  }
}
