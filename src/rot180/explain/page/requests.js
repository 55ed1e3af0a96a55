// Requests to the library: for settings, other operations and files, and for the layer of an address.

import { applyAddress, isAbout } from "./address.js";
import { keptByOperation, ownArrays } from "./reuse.js";
import { checksum, nested } from "./editing.js";

const TYPING = 150; // ms without a further change before a request is sent

// Restores the state of an address. A different layer is requested from Python; everything else is set directly.
export function restoreAddress(app, address) {
  const hostCell = app.model.get("cell"); // the host's cell; a cell in the address overrides it
  if (hostCell && !address?.cell && app.stage.panels[hostCell.array]?.cells[hostCell.at]) app.pin(hostCell.array, hostCell.at);
  if (!address) return;
  if (!address.request || !app.listening || isAbout(address, app.trace)) return applyAddress(app, address);
  const answered = () => {
    app.model.off("change:trace", answered);
    app.model.off("change:error", refused);
    queueMicrotask(() => applyAddress(app, address)); // after the page has loaded the trace
  };
  const refused = () => {
    if (!app.model.get("error")) return;
    app.model.off("change:trace", answered);
    app.model.off("change:error", refused);
  };
  app.model.on("change:trace", answered);
  app.model.on("change:error", refused);
  send(app, { ...address.request, arrays: matchingArrays(app.trace, address.without) });
}

// The arrays that did not fit into an address, if they equal those that the host started with.
function matchingArrays({ rest, arrays }, without) {
  const known = {};
  if (!rest)
    for (const [name, mark] of without)
      if (arrays[name] && checksum(arrays[name].values) === mark) known[name] = nested(arrays[name].shape, arrays[name].values);
  return known;
}

export function transpose(app) {
  const { op, request } = app.trace;
  if (!app.listening || op.includes("pool"))
    return app.say(app.listening ? app.t("transpose.none") : `${app.t("controls.fixed")} rot180 explain`);
  const other = op.includes("transpose") ? op.replace("_transpose", "") : op.replace("conv", "conv_transpose");
  app.ask({ ...request, op: other, arrays: ownArrays(app, keptByOperation(op, other, request)) });
}

// Sends a request. Several changes in quick succession, such as typing digits, are sent once.
export function ask(app, changes) {
  const { file, ...request } = { ...changes };
  if (file) return send(app, { file, ...request });
  app.wanted = request;
  clearTimeout(app.asking);
  app.asking = setTimeout(() => send(app, request), TYPING);
}

function send(app, request) {
  const plain = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  delete plain.user_arrays;
  app.model.set("request", plain);
  app.model.save_changes();
}
