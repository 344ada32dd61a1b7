/** Measures without a page to look at: `tensorflowjs benchmark --browser` calls this through the browser's debugger. */

import { compare } from "./comparison.mjs";
import { describe } from "./describe.mjs";
import { useBundle, whyNot } from "./tfjs.mjs";

export async function benchmark(path, backends, options) {
  const about = await (await fetch("/-/models.json")).json();
  useBundle(about.tfjs);
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`There is no model at ${path}.`);
  const { kind } = describe(await answer.json());
  const there = [];
  for (const backend of backends) if (options.explicit || !(await whyNot(backend))) there.push(backend);
  return compare(path, kind, there, options);
}
