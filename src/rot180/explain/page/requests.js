// What is asked of the library, and when: settings, other operations, files, and what an address stands for.

import { applyAddress, isAbout } from "./address.js";
import { keptByOperation, ownArrays } from "./reuse.js";
import { markOf, nested } from "./editing.js";

const TYPING = 150; // ms without another key before a setting is asked for

// Brings back what the address says: what needs Python is asked for, the rest is set at once.
export function beginFrom(app, said) {
  const given = app.model.get("cell"); // the cell that the host would have shown; an address goes before it
  if (given && !said?.cell && app.stage.panels[given.array]?.cells[given.at]) app.pin(given.array, given.at);
  if (!said) return;
  if (!said.request || !app.listening || isAbout(said, app.trace)) return applyAddress(app, said);
  const answered = () => {
    app.model.off("change:trace", answered);
    app.model.off("change:error", refused);
    queueMicrotask(() => applyAddress(app, said)); // after the page has the trace
  };
  const refused = () => {
    if (!app.model.get("error")) return;
    app.model.off("change:trace", answered);
    app.model.off("change:error", refused);
  };
  app.model.on("change:trace", answered);
  app.model.on("change:error", refused);
  send(app, { ...said.request, arrays: knownAgain(app.trace, said.without) });
}

// The arrays that an address was too short for, as far as they are those that the host began with.
function knownAgain({ rest, arrays }, without) {
  const known = {};
  if (!rest)
    for (const [name, mark] of without)
      if (arrays[name] && markOf(arrays[name].values) === mark) known[name] = nested(arrays[name].shape, arrays[name].values);
  return known;
}

export function transpose(app) {
  const { op, request } = app.trace;
  if (!app.listening || op.includes("pool"))
    return app.say(app.listening ? app.t("transpose.none") : `${app.t("controls.fixed")} rot180 explain`);
  const other = op.includes("transpose") ? op.replace("_transpose", "") : op.replace("conv", "conv_transpose");
  app.ask({ ...request, op: other, arrays: ownArrays(app, keptByOperation(op, other, request)) });
}

// Asks the library; typing several digits asks once.
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
