/** Numbers and shapes for people. */

const UNITS = ["bytes", "kB", "MB", "GB"];

export function bytes(count) {
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit ? rounded(value) : value} ${UNITS[unit]}`;
}

export const count = (number) => number.toLocaleString("en");

export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** Three figures: 0.0123, 1.23, 12.3, 1,230. */
function rounded(value) {
  if (value >= 100) return count(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const milliseconds = (value) => (value == null || !Number.isFinite(value) ? "–" : `${rounded(value)} ms`);

export const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** A value of a tensor in a few letters. */
export function value(number) {
  if (typeof number !== "number") return String(number);
  if (!Number.isFinite(number)) return String(number);
  if (Number.isInteger(number) && Math.abs(number) < 1e7) return String(number);
  const size = Math.abs(number);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? number.toExponential(2) : number.toFixed(4);
}

/** [null, 16, 16, 1] as "? × 16 × 16 × 1"; null is a shape of which nothing is known. */
export function shape(sizes) {
  if (!sizes) return "any shape";
  return sizes.length ? sizes.map((size) => size ?? "?").join(" × ") : "one value";
}
