/** Random values that are the same for the same seed, and random tensors for what a model says of its inputs. */

export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Values an input of this dtype can do something with; whole numbers are small, since most stand for words. */
export function randomValues(dtype, size, random) {
  if (dtype === "int32") return Int32Array.from({ length: size }, () => Math.floor(random() * 10));
  if (dtype === "bool") return Uint8Array.from({ length: size }, () => (random() < 0.5 ? 0 : 1));
  if (dtype === "string")
    return Array.from({ length: size }, () => ["a", "tensor", "two words"][Math.floor(random() * 3)]);
  return Float32Array.from({ length: size }, () => normal(random));
}

/** A shape without gaps: one sample, 16 of what else is not known. */
export const concrete = (shape, batch = 1) => (shape ?? [null]).map((size, at) => size ?? (at ? 16 : batch));

export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);
