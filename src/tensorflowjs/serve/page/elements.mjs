/** Makes elements: `element("button", { class: "quiet", on: { click } }, "Run")`. */

const SVG = "http://www.w3.org/2000/svg";

export const element = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const drawing = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(made, attributes = {}, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child != null && child !== false));
  return made;
}

/** A table for numbers: `columns` are [heading, what a row shows there, whether it is a number]. */
export function table(caption, columns, rows, attributes = {}) {
  const align = (numeric) => (numeric ? { class: "number" } : {});
  return element(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      attributes,
      element("caption", { class: "unseen" }, caption),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...columns.map(([heading, , numeric]) => element("th", { scope: "col", ...align(numeric) }, heading)),
        ),
      ),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element("tr", {}, ...columns.map(([, cell, numeric], at) => oneCell(cell(row), at, align(numeric)))),
        ),
      ),
    ),
  );
}

const oneCell = (content, at, attributes) =>
  at === 0 ? element("th", { scope: "row", ...attributes }, content) : element("td", attributes, content);

/** A section with a heading that the page's table of contents can lead to. */
export function section(id, heading, ...children) {
  return element(
    "section",
    { id, "aria-labelledby": `${id}-heading` },
    element("h2", { id: `${id}-heading` }, heading),
    ...children,
  );
}

/** A button that cannot be pressed twice: `work` may take its time, `failed` hears what it throws. */
export function button(label, work, { failed, ...attributes } = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await work();
    } catch (error) {
      if (!failed) throw error;
      failed(error);
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

let identities = 0;

/** A form control with its label. */
export function labelled(label, control, ...more) {
  control.id ||= `control-${++identities}`;
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control, ...more);
}

export function select(options, chosen, on = {}) {
  return element(
    "select",
    { on },
    ...options.map(([value, label]) => element("option", { value, selected: value === chosen }, label)),
  );
}

export function saveAs(name, content) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
