// The page's state in its address, #v=1&op=conv2d&input=5x5..., so that a link shows what was seen.

import { EDITABLE, change } from "./editing.js";

const LISTS = ["input", "kernel", "stride", "padding", "dilation", "output_padding"],
  MOST_TEXT = 2000;
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
  const plain = join(parts),
    given = new Set([...state.edited, ...(trace.request?.given ?? [])]);
  const full = join([...parts, ...[...given].map(name => [name, Array.from(app.sums.values[name]).join(",")])]);
  try {
    history.replaceState(null, "", full.length <= MOST_TEXT ? full : plain);
  } catch {
    // about:srcdoc and sandboxed frames refuse
  }
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
  for (const name of FLAGS) if (request[name] !== undefined) parts.push([name, request[name] ? 1 : 0]);
  return parts;
}

// What an address says: {request, pass, view, cell: [name, number], language, numbers: {x: [...]}}; null where nothing.
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
  for (const name of FLAGS) if (request && parts.has(name)) request[name] = parts.get(name) === "1";
  for (const name of EDITABLE) {
    const values = parts.get(name)?.split(",").map(Number);
    if (values?.every(Number.isFinite)) numbers[name] = values;
  }
  const [panel, cell] = (parts.get("cell") ?? "").split(".");
  return {
    request,
    numbers,
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
  if (["y", "dx", "dw"].includes(said.pass) && app.sums.values[said.pass]) app.choosePass(said.pass);
  if (said.cell && app.stage.panels[said.cell[0]]?.cells[said.cell[1]]) app.pin(...said.cell);
  if (said.view === "equivalent") app.setView("equivalent");
}
