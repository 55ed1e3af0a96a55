// The layer's settings. Each change asks the library for a new trace; where no Python listens, a line says so instead.

import { make, replace } from "./dom.js";
import { change, nested, parseTable } from "./editing.js";

const OPS = ["conv2d", "conv_transpose2d", "conv1d", "conv_transpose1d", "max_pool2d", "avg_pool2d", "max_pool1d", "avg_pool1d"];
const PAIRS = [["input", 1], ["kernel", 1], ["stride", 1], ["padding", 0], ["dilation", 1], ["output_padding", 0]];
const COUNTS = ["channels", "outputs", "groups", "images"], KINDS = ["integers", "random", "impulse"], MOST_SIDE = 64, FOLDED = 700;
// Which arrays keep their shape when a setting changes, so that the reader's own numbers can stay.
const KEPT = {
  stride: ["x", "w", "b"], padding: ["x", "w", "b"], dilation: ["x", "w", "b"], output_padding: ["x", "w", "b"],
  input: ["w", "b"], kernel: ["x", "b"], images: ["w", "b"], bias: ["x", "w", "dy"],
};

export function makeControls(app) {
  const element = make("section", { class: "controls", "aria-label": app.t("controls.label") });
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const fields = make("div", { class: "fields" });
  const settings = make("details", { class: "settings" }, make("summary", {}, app.t("controls.label")), fields);
  settings.open = !app.listening || app.root.clientWidth > FOLDED;  // on a phone the picture comes first
  replace(element, settings, error);
  let shape = "";
  return {
    element,
    update() {
      const { request } = app.trace, now = `${request.op} ${Object.keys(request)} ${app.listening}`;
      if (shape !== now) replace(fields, app.listening ? [...live(app), ownNumbers(app), resetButton(app)] : [still_(app), ownNumbers(app), resetButton(app)]);
      fields.classList.toggle("plainly", !app.listening);
      shape = now;
      if (app.listening) fill(app, fields);
    },
    error(text) {
      error.hidden = !text;
      error.textContent = text;
    },
  };
}

function still_(app) {
  return make("p", { class: "note" }, app.t("controls.still"), " ", make("code", {}, "rot180 explain"));
}

// Takes all edits back; there only while there are some.
function resetButton(app) {
  const button = make("button", { type: "button", class: "link inline", hidden: true, "data-act": "reset", onclick: () => app.load(app.trace) }, app.t("controls.reset"));
  app.on("values", () => { button.hidden = false; });
  app.on("loaded", () => { button.hidden = true; });
  return button;
}

function live(app) {
  const { request, op } = app.trace, pools = op.includes("pool"), fields = [];
  const field = (key, ...inputs) => make("label", { class: "field" }, make("span", {}, app.t(`controls.${key}`)), make("span", { class: "inputs" }, inputs));
  const group = (key, ...inputs) => make("div", { class: "field", role: "group", "aria-label": app.t(`controls.${key}`) }, make("span", {}, app.t(`controls.${key}`)), make("span", { class: "inputs" }, inputs));
  fields.push(field("op", make("select", { "data-field": "op", onchange: event => setOp(app, event.target.value) }, OPS.map(one => make("option", { value: one }, app.t(`op.${one}`))))));
  for (const [key, least] of PAIRS) {
    if (request[key] === undefined) continue;
    const axes = app.trace.window.kernel.map((_, axis) => numberInput(app, key, axis, least));
    fields.push(group(key, ...axes.flatMap((input, i) => (i ? [make("span", { class: "by", "aria-hidden": "true" }, "\u00d7"), input] : [input]))));
  }
  fields.push(make("span", { class: "break", "aria-hidden": "true" }));
  for (const key of COUNTS)
    if (request[key] !== undefined && !(pools && key === "outputs") && (!pools || key !== "groups")) fields.push(field(key, numberInput(app, key, null, 1)));
  if (!pools) fields.push(field("bias", make("input", { type: "checkbox", "data-field": "bias", onchange: event => askFor(app, "bias", event.target.checked) })));
  for (const key of ["ceil_mode", "count_include_pad"])
    if (request[key] !== undefined) fields.push(field(key, make("input", { type: "checkbox", "data-field": key, onchange: event => askFor(app, key, event.target.checked) })));
  fields.push(group("values",
    make("select", { "data-field": "values", "aria-label": app.t("controls.values"), onchange: event => askFor(app, "values", event.target.value) }, KINDS.map(one => make("option", { value: one }, app.t(`values.${one}`)))),
    make("button", { type: "button", class: "plain", onclick: () => askFor(app, "seed", (app.trace.request.seed ?? 0) + 1) }, app.t("controls.again"))));
  return fields;
}

function numberInput(app, key, axis, least) {
  const label = axis === null ? app.t(`controls.${key}`) : `${app.t(`controls.${key}`)}, ${app.t("controls.axis", { axis: axis + 1 })}`;
  return make("input", {
    type: "number", min: least, max: MOST_SIDE, step: 1, "data-field": key, "data-axis": axis, "aria-label": label,
    oninput: event => { if (event.target.value !== "") setNumber(app, key, axis, Number(event.target.value)); },
  });
}

function setNumber(app, key, axis, value) {
  if (axis === null) return askFor(app, key, value);
  const list = [...current(app.wanted ?? app.trace.request, app, key)];
  list[axis] = key === "padding" ? [value, value] : value;
  askFor(app, key, list);
}

// A setting as a list with an entry for each axis; padding "same" as the numbers that it came to.
function current(request, app, key) {
  return Array.isArray(request[key]) ? request[key] : app.trace.settings[key];
}

function setOp(app, op) {
  const { input, kernel, ...rest } = app.trace.request, axes = op.endsWith("1d") ? 1 : 2;
  const fit = list => (Array.isArray(list) ? Array.from({ length: axes }, (_, i) => list[i] ?? list[0]) : list);
  const request = { ...rest, op, input: fit(input), kernel: fit(kernel) };
  for (const key of ["stride", "padding", "dilation", "output_padding"]) request[key] = fit(request[key]);
  if (op.includes("pool")) Object.assign(request, { dilation: undefined, output_padding: undefined, groups: undefined, outputs: undefined, bias: undefined });
  app.ask({ ...request, arrays: undefined });
}

function askFor(app, key, value) {
  const base = app.wanted ?? app.trace.request, kept = key === "values" || key === "seed" ? [] : KEPT[key] ?? [];
  const own = new Set([...app.state.edited, ...(base.given ?? [])]), arrays = {};
  for (const name of kept)
    if (own.has(name) && app.sums.values[name]) arrays[name] = nested(app.sums.shapes[name], Array.from(app.sums.values[name]));
  app.ask({ ...base, [key]: value, arrays });
}

function fill(app, fields) {
  const { request } = app.trace;
  for (const input of fields.querySelectorAll("[data-field]")) {
    const { field: key, axis } = input.dataset;
    if (input.type === "checkbox") input.checked = Boolean(request[key]);
    else if (input !== document.activeElement || input.tagName === "SELECT") {
      const value = axis === undefined ? request[key] : current(request, app, key)[Number(axis)];
      input.value = Array.isArray(value) ? value[0] : value;
    }
  }
}

// Pasted numbers, row by row, for one of the arrays; in a served page a table of another size makes a layer that fits.
function ownNumbers(app) {
  const names = ["x", "w", "b", "dy"].filter(name => app.sums.values[name]);
  const which = make("select", { "aria-label": app.t("own.which") }, names.map(name => make("option", { value: name }, name)));
  const text = make("textarea", { rows: 4, spellcheck: "false", "aria-label": app.t("own.numbers"), placeholder: "1, 0, \u22121\n2, 0, \u22122\n1, 0, \u22121" });
  const said = make("p", { class: "note", role: "status" });
  const use = make("button", { type: "button", class: "plain", onclick: () => { said.textContent = takeNumbers(app, which.value, text.value); } }, app.t("own.use"));
  return make("details", { class: "menu own" }, make("summary", {}, app.t("own.title")), make("div", { class: "sheet" }, make("p", { class: "note" }, app.t("own.words")), which, text, use, said));
}

function takeNumbers(app, name, text) {
  const rows = parseTable(text);
  if (!rows) return app.t("own.wrong");
  const flat = rows.flat(), { length } = app.sums.values[name], shape = app.sums.shapes[name];
  if (flat.length === length) {
    change(app, flat.map((value, cell) => [name, cell, value]));
    return "";
  }
  const even = rows.every(row => row.length === rows[0].length), single = shape[0] === 1 && shape[1] === 1;
  if (!app.listening || !even || !single || !["x", "w"].includes(name)) return app.t("own.count", { name, count: length, came: flat.length });
  const array = shape.length === 4 ? [[rows]] : [[flat]], size = shape.length === 4 ? [rows.length, rows[0].length] : [flat.length];
  app.ask({ ...app.trace.request, [name === "x" ? "input" : "kernel"]: size, arrays: { [name]: array } });
  return "";
}
