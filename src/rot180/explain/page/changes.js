// Changes of the layer: by a setting, by the key T, and by an address. The reader's own numbers are kept if they fit.

import { applyAddress, isAbout, readAddress, writeAddress } from "./address.js";
import { checksum } from "./editing.js";
import { LayerProblem } from "./problems.js";
import { inputsOf, traceOf } from "./traces.js";

// Shows the layer of a request, or an error if the request is invalid. `arrays` replaces values, {name: flat list}.
export function setLayer(app, request, arrays = {}) {
  const own = ownArrays(app),
    trace = tryTrace(app, ofPart(app, request), { ...own, ...arrays });
  if (!trace) return;
  const lost = Object.keys(own).filter(name => !trace.request.user_arrays.includes(name));
  const pinned = app.state.pinned && sameCell(app.trace, trace, app.state.pinned);
  app.changing = true; // the address of the layer before stays in the browser's history
  app.load(trace, undefined, { edited: [], pinned, missing: [], lost });
  app.changing = false;
  tell(app);
  writeAddress(app, true);
}

function tryTrace(app, request, arrays) {
  try {
    return fitting(request, arrays);
  } catch (error) {
    if (!(error instanceof LayerProblem)) throw error;
    app.wanted = request;
    app.controls.problem(error);
    return null;
  }
}

// The trace with the given arrays, except those whose size does not fit the layer.
function fitting(request, arrays) {
  try {
    return traceOf(request, arrays);
  } catch (error) {
    if (!(error instanceof LayerProblem) || error.key !== "numbers") throw error;
    const { [error.values.array]: wrong, ...others } = arrays;
    return fitting(request, others);
  }
}

// If only part of a layer with its own numbers is shown, the other numbers are unknown, so the part becomes the layer.
function ofPart(app, request) {
  const { rest, selection, request: now } = app.trace;
  if (!rest || !now.user_arrays?.length) return request;
  const counts = { images: selection.n.length, channels: selection.c.length, outputs: selection.o.length };
  return { ...request, ...counts, groups: 1, selection: undefined };
}

// The user's own arrays as flat lists.
function ownArrays(app) {
  const own = new Set([...app.state.edited, ...(app.trace.request.user_arrays ?? [])]);
  return Object.fromEntries([...own].filter(name => app.sums.values[name]).map(name => [name, Array.from(app.sums.values[name])]));
}

// The cell with the same index in another layer, or null if there is none.
function sameCell(from, to, [name, cell]) {
  const [old, now] = [from, to].map(trace => trace.arrays[name]?.shape);
  if (!now || old.length !== now.length) return null;
  let rest = cell,
    at = 0,
    step = 1;
  for (let axis = now.length - 1; axis >= 0; axis--) {
    const index = rest % old[axis];
    if (index >= now[axis]) return null;
    at += index * step;
    step *= now[axis];
    rest = Math.floor(rest / old[axis]);
  }
  return [name, at];
}

// Sends the trace to the host, so that Python in a notebook can read the layer that is shown.
function tell(app) {
  app.sent = inputsOf(app.trace);
  app.model.set("trace", app.sent);
  app.model.save_changes();
}

// Restores the state of an address.
export function restoreAddress(app, address) {
  const hostCell = app.model.get("cell"); // the host's cell; a cell in the address overrides it
  if (hostCell && !address?.cell && app.stage.panels[hostCell.array]?.cells[hostCell.at]) app.pin(hostCell.array, hostCell.at);
  if (!address) return;
  const hidden = [...app.state.edited].some(name => !Object.hasOwn(address.numbers, name)); // edits that it does not have
  if (address.request && (hidden || !isAbout(address, app.trace))) {
    const trace = tryTrace(app, address.request, { ...matchingArrays(app.first, address.without), ...address.numbers });
    if (!trace) return;
    app.load(trace);
    tell(app);
  }
  applyAddress(app, address);
}

// Shows the layer of a new address: one pasted into the same tab, or one reached with the Back or Forward button.
export function followAddress(app) {
  const follow = () => {
    const address = readAddress(app);
    if (!address || app.touring) return;
    if (address.language && address.language !== app.state.language) app.setLanguage(address.language);
    app.state.pinned = null;
    restoreAddress(app, address);
  };
  if (app.whole) window.addEventListener("hashchange", follow);
  return () => window.removeEventListener("hashchange", follow);
}

// The arrays that did not fit into an address, if they equal those that the host started with.
function matchingArrays({ rest, arrays }, without) {
  const known = {};
  if (!rest)
    for (const [name, mark] of without)
      if (arrays[name] && checksum(arrays[name].values) === mark) known[name] = arrays[name].values;
  return known;
}

export function transpose(app) {
  const { op, request } = app.trace;
  if (op.includes("pool")) return app.say(app.t("transpose.none"));
  const other = op.includes("transpose") ? op.replace("_transpose", "") : op.replace("conv", "conv_transpose");
  setLayer(app, { ...request, op: other });
}
