// Loads a converted model from a folder and predicts with TensorFlow.js, in plain Node.
//
//     node predict.mjs FOLDER/model.json samples.json
//
// A web page needs one line for all of `load`: tf.loadLayersModel('https://…/model.json').

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const tf = createRequire(new URL('../../web/package.json', import.meta.url))('@tensorflow/tfjs');

function load(path) {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(path, 'utf8'));
  const shards = weightsManifest.flatMap((group) => group.paths).map((name) => readFileSync(join(dirname(path), name)));
  return tf.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  }));
}

const [modelPath, samplesPath] = process.argv.slice(2);
const { samples } = JSON.parse(readFileSync(samplesPath, 'utf8'));
tf.enableProdMode();
await tf.setBackend('cpu');

const model = await load(modelPath);
const pictures = tf.tensor(samples.map((sample) => sample.picture)).expandDims(-1);
const predictions = await model.predict(pictures).array();
console.log(JSON.stringify({ tfjs: tf.version.tfjs, predictions }));
