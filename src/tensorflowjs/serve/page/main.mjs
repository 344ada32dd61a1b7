/** The page: a list of models, or one of them with all that can be done with it. */

import { modelName, signature, structure, title, urlOf, usage, weights } from "./about_model.mjs";
import { benchmarkSection } from "./benchmark.mjs";
import { describe } from "./describe.mjs";
import { element } from "./elements.mjs";
import { bytes, plural } from "./format.mjs";
import { runSection } from "./run_model.mjs";
import { useBundle } from "./tfjs.mjs";
import { trouble } from "./troubles.mjs";

const main = document.querySelector("main");
const navigation = document.querySelector("nav");
const FORMATS = { "layers-model": "layers", "graph-model": "graph" };

async function start() {
  const about = await fetchJson("/-/models.json");
  useBundle(about.tfjs);
  document.querySelector("#folder").textContent = about.folder;
  document.querySelector("#version").textContent = `tensorflowjs ${about.version}`;
  const chosen =
    new URL(location.href).searchParams.get("model") ?? (about.models.length === 1 ? about.models[0].path : null);
  document.title = chosen ? `${modelName(chosen, about.folder)} – tensorflowjs` : `${about.folder} – tensorflowjs`;
  if (!chosen) return showFolder(about);
  if (about.models.length > 1) showNavigation(about, chosen);
  return showModel(chosen, about.folder);
}

async function fetchJson(url) {
  const answer = await fetch(url);
  if (!answer.ok)
    throw new Error(
      answer.status === 404
        ? `There is no ${decodeURIComponent(url)} in this folder.`
        : `The server answered ${answer.status} for ${url}.`,
    );
  try {
    return await answer.json();
  } catch (error) {
    throw new Error(`${decodeURIComponent(url)} is not JSON (${error.message}).`, { cause: error });
  }
}

// ------------------------------------------------------------------------------------------ the folder

const address = (path) => `?model=${encodeURIComponent(path).replaceAll("%2F", "/")}`;

function showFolder({ folder, models, complete }) {
  const heading = element(
    "header",
    { class: "model-title" },
    element("h1", {}, folder),
    element("p", { class: "facts" }, element("span", {}, plural(models.length, "model"))),
  );
  if (!models.length) return main.replaceChildren(heading, nothingHere());
  const rows = models.map(({ path, format, weightBytes, problem }) =>
    element(
      "li",
      { class: problem ? "strange" : "" },
      element("a", { href: address(path) }, element("strong", {}, modelName(path, folder)), element("small", {}, path)),
      element("span", { class: "hint" }, problem ?? `${FORMATS[format] ?? format} model, ${bytes(weightBytes)}`),
    ),
  );
  return main.replaceChildren(
    heading,
    element("ul", { class: "models" }, ...rows),
    complete ? "" : element("p", { class: "hint" }, "There is more below this folder than can be listed."),
  );
}

const nothingHere = () =>
  element(
    "div",
    {},
    element("p", {}, "There is no model.json in this folder or below it. Convert a model into it:"),
    element("pre", { tabindex: "0" }, "tensorflowjs_converter model.keras web_model"),
  );

function showNavigation({ models, folder }, chosen) {
  const links = models.map(({ path }) =>
    element(
      "li",
      {},
      element(
        "a",
        { href: address(path), "aria-current": path === chosen ? "page" : null, title: path },
        modelName(path, folder),
      ),
    ),
  );
  const wide = matchMedia("(min-width: 62rem)");
  const list = element(
    "details",
    { open: wide.matches },
    element("summary", {}, plural(models.length, "model")),
    element("ul", {}, ...links),
  );
  wide.addEventListener("change", () => (list.open = wide.matches));
  navigation.replaceChildren(list);
  navigation.hidden = false;
}

// ------------------------------------------------------------------------------------------ one model

async function showModel(path, folder) {
  const url = urlOf(path);
  const described = describe(await fetchJson(url));
  let shown = { signature: signature(described), structure: structure(described) };
  const loaded = (running) => {
    const now = { signature: signature(described, running), structure: structure(described, running) };
    for (const name of Object.keys(now)) shown[name].replaceWith(now[name]);
    shown = now;
  };
  main.replaceChildren(
    title(path, folder, described),
    shown.signature,
    runSection(url, described, loaded),
    benchmarkSection(url, path, described),
    shown.structure,
    weights(described),
    usage(path, described),
  );
}

start().catch((error) => main.replaceChildren(trouble("This model cannot be shown", error)));
