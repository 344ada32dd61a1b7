/** TF.js itself: the published bundles, loaded when they are needed and no sooner. */

export const BACKENDS = ["cpu", "wasm", "webgl", "webgpu"];

const scripts = new Map();
let about = null;

/** Where the bundles are, as the server says. */
export function useBundle(description) {
  about = description;
}

function script(name) {
  if (!scripts.has(name)) {
    const loading = new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = about.base + name;
      tag.onload = resolve;
      tag.onerror = () => reject(new Error(`TF.js could not be loaded: ${tag.src}`));
      document.head.append(tag);
    });
    scripts.set(name, loading);
    loading.catch(() => scripts.delete(name));
  }
  return scripts.get(name);
}

export async function tfjs() {
  await script(about.tf);
  return globalThis.tf;
}

let last = Promise.resolve();

/** Does `work` when all that was asked for before is through: the backend is one for the whole page. */
export function alone(work) {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}

/** Makes `name` the backend; false where this browser has none such. */
export async function useBackend(name) {
  const tf = await tfjs();
  const reason = await whyNot(name);
  if (reason) throw new Error(reason);
  if (name === "wasm") {
    await script(about.wasm);
    if (!tf.engine().registry.wasm) {
      tf.wasm.setWasmPaths(about.base);
      // The page is isolated for the sake of exact clocks. Most pages are not, so their wasm has no threads either.
      tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    }
  }
  if (name === "webgpu") await script(about.webgpu);
  let started = false;
  try {
    started = await tf.setBackend(name);
  } catch (error) {
    throw new Error(`The ${name} backend did not start: ${error.message}`, { cause: error });
  }
  if (!started) throw new Error(`The ${name} backend did not start here.`);
  await tf.ready();
  return tf;
}

/** Why this browser has no such backend; null if it has. */
export async function whyNot(name) {
  if (name === "wasm") return about.wasm ? null : "This installation comes without the wasm backend.";
  if (name === "webgl") return context() ? null : "This browser has no WebGL.";
  if (name !== "webgpu") return null;
  if (!about.webgpu) return "This installation comes without the webgpu backend.";
  if (!navigator.gpu)
    return isSecureContext ? "This browser has no WebGPU." : "WebGPU needs https or this very computer.";
  adapter ??= navigator.gpu.requestAdapter().catch(() => null);
  return (await adapter) ? null : "WebGPU finds no graphics processor here.";
}

/** The backend to begin with: the one that TF.js itself would take. */
export const firstChoice = async () => ((await whyNot("webgl")) || softwareRenderer() ? "wasm" : "webgl");

let adapter;
let gl;

function context() {
  gl ??= document.createElement("canvas").getContext("webgl2") ?? document.createElement("canvas").getContext("webgl");
  return gl;
}

/** What draws, in the words of the driver. */
export function renderer() {
  const drawing = context();
  if (!drawing) return null;
  const names = drawing.getExtension("WEBGL_debug_renderer_info");
  return String(drawing.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : drawing.RENDERER));
}

/** The program that draws in place of a graphics processor, if it is one. */
export const softwareRenderer = () =>
  /swiftshader|llvmpipe|softpipe|software|basic render/i.exec(renderer() ?? "")?.[0] ?? null;

export function environment() {
  return {
    tfjs: globalThis.tf?.version.tfjs,
    runtime: navigator.userAgent,
    processors: navigator.hardwareConcurrency,
    renderer: renderer(),
  };
}
