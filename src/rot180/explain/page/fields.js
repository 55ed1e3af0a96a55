// The input fields of a layer's settings. Each change shows another layer.

import { make } from "./dom.js";

const OPS = [
  "conv2d",
  "conv_transpose2d",
  "conv1d",
  "conv_transpose1d",
  "max_pool2d",
  "avg_pool2d",
  "max_pool1d",
  "avg_pool1d",
];
const PAIRS = [
  ["input", 1],
  ["kernel", 1],
  ["stride", 1],
  ["padding", 0],
  ["dilation", 1],
  ["output_padding", 0],
];
const IN_SENTENCE = ["input", "kernel", "stride", "padding"],
  COUNTS = ["channels", "outputs", "groups", "images"],
  KINDS = ["integers", "random", "impulse"],
  MOST_TYPED = 64;

// The fields of the current operation: those in the sentence at the top, and the remaining ones.
export function settingFields(app) {
  const { request, op } = app.trace,
    pools = op.includes("pool");
  const counts = COUNTS.filter(
    key => request[key] !== undefined && !(pools && (key === "outputs" || key === "groups")),
  );
  const flags = ["bias", "ceil_mode", "count_include_pad"].filter(key =>
    key === "bias" ? !pools : request[key] !== undefined,
  );
  const pair = ([key, least]) => axesField(app, key, least),
    pairs = PAIRS.filter(([key]) => request[key] !== undefined);
  const first = [
    field(
      app,
      "op",
      chooser(
        "op",
        OPS,
        one => app.t(`op.${one}`),
        value => setOp(app, value),
      ),
    ),
    ...pairs.filter(([key]) => IN_SENTENCE.includes(key)).map(pair),
  ];
  const more = [
    ...pairs.filter(([key]) => !IN_SENTENCE.includes(key)).map(pair),
    ...counts.map(key => field(app, key, numberInput(app, key, null, 1))),
    ...flags.map(key => field(app, key, flag(app, key))),
    valuesField(app),
  ];
  return { first, more };
}

function field(app, key, input) {
  return make(
    "label",
    { class: "field" },
    make("span", {}, app.t(`controls.${key}`)),
    make("span", { class: "inputs" }, input),
  );
}

function fieldGroup(app, key, inputs) {
  const label = app.t(`controls.${key}`);
  return make(
    "div",
    { class: "field", role: "group", "aria-label": label },
    make("span", {}, label),
    make("span", { class: "inputs" }, inputs),
  );
}

function axesField(app, key, least) {
  const inputs = app.trace.window.kernel.map((_, axis) => numberInput(app, key, axis, least));
  const by = () => make("span", { class: "by", "aria-hidden": "true" }, "\u00d7");
  return fieldGroup(
    app,
    key,
    inputs.flatMap((input, axis) => (axis ? [by(), input] : [input])),
  );
}

function flag(app, key) {
  return make("input", {
    type: "checkbox",
    "data-field": key,
    onchange: event => askFor(app, key, event.target.checked),
  });
}

function chooser(key, names, text, act, label = null) {
  const options = names.map(one => make("option", { value: one }, text(one)));
  return make(
    "select",
    { "data-field": key, "aria-label": label, onchange: event => act(event.target.value) },
    options,
  );
}

function valuesField(app) {
  const kind = chooser(
    "values",
    KINDS,
    one => app.t(`values.${one}`),
    value => askFor(app, "values", value),
    app.t("controls.values"),
  );
  const again = () => askFor(app, "seed", (app.trace.request.seed ?? 0) + 1);
  return fieldGroup(app, "values", [
    kind,
    make("button", { type: "button", class: "plain", onclick: again }, app.t("controls.again")),
  ]);
}

function numberInput(app, key, axis, least) {
  const label =
    axis === null
      ? app.t(`controls.${key}`)
      : `${app.t(`controls.${key}`)}, ${app.t("controls.axis", { axis: axis + 1 })}`;
  return make("input", {
    type: "number",
    min: least,
    max: MOST_TYPED,
    step: 1,
    "data-field": key,
    "data-axis": axis,
    "aria-label": label,
    oninput: event => {
      if (event.target.value === "") return;
      app.typing = event.target;
      setNumber(app, key, axis, Number(event.target.value));
      app.typing = null;
    },
  });
}

function setNumber(app, key, axis, value) {
  if (axis === null) return askFor(app, key, value);
  const list = [...current(app.wanted ?? app.trace.request, app, key)];
  list[axis] = key === "padding" ? [value, value] : value;
  askFor(app, key, list);
}

// A setting as a list with one entry per axis; padding "same" as numbers.
function current(request, app, key) {
  return Array.isArray(request[key]) ? request[key] : app.trace.settings[key];
}

function setOp(app, op) {
  const { input, kernel, ...rest } = app.trace.request,
    axes = op.endsWith("1d") ? 1 : 2;
  const fit = list => (Array.isArray(list) ? Array.from({ length: axes }, (_, i) => list[i] ?? list[0]) : list);
  const request = { ...rest, op, input: fit(input), kernel: fit(kernel) };
  for (const key of ["stride", "padding", "dilation", "output_padding"]) request[key] = fit(request[key]);
  if (op.includes("pool"))
    Object.assign(request, {
      dilation: undefined,
      output_padding: undefined,
      groups: undefined,
      outputs: undefined,
      bias: undefined,
    });
  app.setLayer(request);
}

function askFor(app, key, value) {
  app.setLayer({ ...(app.wanted ?? app.trace.request), [key]: value });
}

// Shows the trace's settings in the fields, except in the one in which the reader types.
export function fill(app, fields) {
  const { request } = app.trace;
  for (const input of fields.querySelectorAll("[data-field]")) {
    const { field: key, axis } = input.dataset;
    if (input.type === "checkbox") input.checked = Boolean(request[key]);
    else if (input !== app.typing) {
      const value = axis === undefined ? request[key] : current(request, app, key)[Number(axis)];
      input.value = Array.isArray(value) ? value[0] : value;
    }
  }
}
