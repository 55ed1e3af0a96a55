// The page's state in its address, #v=1&op=conv2d&input=5x5..., so that a link restores it.

import { EDITABLE, change, checksum } from "./editing.js";

const LISTS = ["input", "kernel", "stride", "padding", "dilation", "output_padding"],
  MOST_TEXT = 2000,
  MOST_SIZE = 1e100; // largest absolute value of a number, as in request.py
const SCALARS = ["groups", "channels", "outputs", "images", "values", "seed"],
  LANGUAGES = ["en", "zh"],
  FLAGS = ["bias", "ceil_mode", "count_include_pad"];

// Writes the state to the address; `push` makes a step that the browser's Back button undoes. In a notebook's frame, whose address cannot be changed, it does nothing.
export function writeAddress(app, push = false) {
  if (!app.whole || app.touring || app.changing) return;
  const { state, trace } = app,
    parts = [["v", "1"], ...requestParts(trace.request ?? {})];
  parts.push(["pass", state.pass], ["view", state.view], ["lang", state.language]);
  if (state.pinned) parts.push(["cell", state.pinned.join(".")]);
  app.tooLong = addNumbers(app, parts);
  app.notices.update();
  try {
    const address = join(parts);
    if (push && address !== location.hash) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  } catch {
    // about:srcdoc and sandboxed frames throw
  }
}

// Adds the user's arrays that fit, small ones first, and checksums of the others, which a reload compares. Returns the
// names of those that do not fit.
function addNumbers(app, parts) {
  const { values } = app.sums,
    tooLong = [];
  const own = [...new Set([...app.state.edited, ...(app.trace.request?.user_arrays ?? [])])].filter(name => values[name]);
  const texts = own.map(name => [name, Array.from(values[name]).join(",")]).sort((a, b) => a[1].length - b[1].length);
  let length = join(parts).length;
  for (const one of texts) {
    length += join([one]).length;
    if (length <= MOST_TEXT) parts.push(one);
    else tooLong.push(one[0]);
  }
  if (tooLong.length) parts.push(["without", tooLong.map(name => `${name}.${checksum(values[name])}`).join(",")]);
  return tooLong;
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

// True if the address describes this trace: the same layer, with every array that the user passed.
export function isAbout(address, { request }) {
  const named = [...Object.keys(address.numbers), ...address.without.map(([name]) => name)];
  return (
    join(requestParts(address.request)) === join(requestParts(request)) && (request.user_arrays ?? []).every(name => named.includes(name))
  );
}

// Parses the address: {request, pass, view, cell: [name, number], language, numbers: {x: [...]}, without: [[name,
// checksum]]}; null if it has no state.
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

// Applies the parts of an address that do not change the layer: numbers, pass, cell and view.
export function applyAddress(app, address) {
  const wanted = [];
  for (const [name, values] of Object.entries(address.numbers)) {
    const held = app.sums.values[name];
    if (held?.length === values.length)
      values.forEach((value, cell) => {
        if (value !== held[cell]) wanted.push([name, cell, value]);
      });
  }
  if (wanted.length) change(app, wanted);
  app.missing = missing(app.sums, address);
  app.notices.update();
  if (["y", "dx", "dw"].includes(address.pass) && app.sums.values[address.pass]) app.choosePass(address.pass);
  if (address.cell && app.stage.panels[address.cell[0]]?.cells[address.cell[1]]) app.pin(...address.cell);
  if (["direct", "equivalent"].includes(address.view)) app.setView(address.view);
}

// The names of the arrays whose numbers the address refers to and that the page does not have.
function missing({ values }, address) {
  const names = address.without.filter(([name, mark]) => checksum(values[name] ?? []) !== mark).map(([name]) => name);
  for (const [name, own] of Object.entries(address.numbers)) if (values[name]?.length !== own.length) names.push(name);
  return names;
}
