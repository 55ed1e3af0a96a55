// The page's state in its address, #v=1&op=conv2d&input=5x5..., so that a link shows what was seen.

import { EDITABLE, change, markOf } from "./editing.js";

const LISTS = ["input", "kernel", "stride", "padding", "dilation", "output_padding"],
  MOST_TEXT = 2000,
  MOST_SIZE = 1e100; // of a number, as in request.py
const SCALARS = ["groups", "channels", "outputs", "images", "values", "seed"],
  LANGUAGES = ["en", "zh"],
  FLAGS = ["bias", "ceil_mode", "count_include_pad"];

// Writes the state; where the address cannot be written (a notebook's frame), nothing happens.
export function writeAddress(app) {
  if (!app.whole || app.touring) return;
  const { state, trace } = app,
    parts = [["v", "1"], ...requestParts(trace.request ?? {})];
  parts.push(["pass", state.pass], ["view", state.view], ["lang", state.language]);
  if (state.pinned) parts.push(["cell", state.pinned.join(".")]);
  app.unheld = addNumbers(app, parts);
  app.cut.update();
  try {
    history.replaceState(null, "", join(parts));
  } catch {
    // about:srcdoc and sandboxed frames refuse
  }
}

// Adds the reader's own numbers as far as they fit, small arrays first; of the others a mark, by which a reload knows
// them again. Returns their names.
function addNumbers(app, parts) {
  const { values } = app.sums,
    unheld = [];
  const own = [...new Set([...app.state.edited, ...(app.trace.request?.user_arrays ?? [])])].filter(name => values[name]);
  const texts = own.map(name => [name, Array.from(values[name]).join(",")]).sort((a, b) => a[1].length - b[1].length);
  let length = join(parts).length;
  for (const one of texts) {
    length += join([one]).length;
    if (length <= MOST_TEXT) parts.push(one);
    else unheld.push(one[0]);
  }
  if (unheld.length) parts.push(["without", unheld.map(name => `${name}.${markOf(values[name])}`).join(",")]);
  return unheld;
}

function join(parts) {
  return "#" + parts.map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%2C/g, ",")}`).join("&");
}

function requestParts(request) {
  const parts = [["op", request.op]],
    list = one => (Array.isArray(one) ? one.join(",") : one);
  for (const name of LISTS)
    if (request[name] !== undefined)
      parts.push([name, Array.isArray(request[name]) ? request[name].map(list).join("x") : request[name]]);
  for (const name of SCALARS) if (request[name] !== undefined) parts.push([name, request[name]]);
  const { selection } = request;
  if (selection) parts.push(["selection", Object.keys(selection).map(letter => letter + selection[letter].join(",")).join("_")]);
  for (const name of FLAGS) if (request[name] !== undefined) parts.push([name, request[name] ? 1 : 0]);
  return parts;
}

// Whether a trace is what an address was written of: the same layer, and every array of its own is spoken of there.
export function isAbout(said, { request }) {
  const named = [...Object.keys(said.numbers), ...said.without.map(([name]) => name)];
  return (
    join(requestParts(said.request)) === join(requestParts(request)) && (request.user_arrays ?? []).every(name => named.includes(name))
  );
}

// What an address says: {request, pass, view, cell: [name, number], language, numbers: {x: [...]}, without: [[name,
// mark]]}; null where nothing.
export function readAddress(app) {
  const parts = new URLSearchParams((app.whole ? location.hash : "").slice(1));
  if (parts.get("v") !== "1") return null;
  const request = parts.get("op") ? { op: parts.get("op") } : null,
    numbers = {};
  const size = text => (text.includes(",") ? text.split(",").map(Number) : Number(text));
  for (const name of LISTS) {
    const text = parts.get(name);
    if (request && text !== null) request[name] = /^[a-z]+$/.test(text) ? text : text.split("x").map(size);
  }
  for (const name of SCALARS)
    if (request && parts.has(name)) request[name] = name === "values" ? parts.get(name) : Number(parts.get(name));
  const selection = [...(parts.get("selection") ?? "").matchAll(/([nco])(\d+(?:,\d+)*)/g)];
  if (request && selection.length)
    request.selection = Object.fromEntries(selection.map(([, letter, list]) => [letter, list.split(",").map(Number)]));
  for (const name of FLAGS) if (request && parts.has(name)) request[name] = parts.get(name) === "1";
  for (const name of EDITABLE) {
    const values = parts.get(name)?.split(",").map(Number);
    if (values?.every(one => Math.abs(one) <= MOST_SIZE)) numbers[name] = values;
  }
  const [panel, cell] = (parts.get("cell") ?? "").split(".");
  return {
    request,
    numbers,
    without: (parts.get("without") ?? "")
      .split(",")
      .map(one => one.split("."))
      .filter(([name]) => EDITABLE.includes(name)),
    pass: parts.get("pass"),
    view: parts.get("view"),
    language: LANGUAGES.includes(parts.get("lang")) ? parts.get("lang") : null,
    cell: panel ? [panel, Number(cell)] : null,
  };
}

// Puts the parts of an address that need no Python into the page: numbers, pass, cell, view.
export function applyAddress(app, said) {
  const wanted = [];
  for (const [name, values] of Object.entries(said.numbers)) {
    const held = app.sums.values[name];
    if (held?.length === values.length)
      values.forEach((value, cell) => {
        if (value !== held[cell]) wanted.push([name, cell, value]);
      });
  }
  if (wanted.length) change(app, wanted);
  app.missing = missing(app.sums, said);
  app.cut.update();
  if (["y", "dx", "dw"].includes(said.pass) && app.sums.values[said.pass]) app.choosePass(said.pass);
  if (said.cell && app.stage.panels[said.cell[0]]?.cells[said.cell[1]]) app.pin(...said.cell);
  if (said.view === "equivalent") app.setView("equivalent");
}

// The arrays that the address was written with and that are not shown now.
function missing({ values }, said) {
  const names = said.without.filter(([name, mark]) => markOf(values[name] ?? []) !== mark).map(([name]) => name);
  for (const [name, own] of Object.entries(said.numbers)) if (values[name]?.length !== own.length) names.push(name);
  return names;
}
