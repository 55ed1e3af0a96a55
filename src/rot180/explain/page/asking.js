// What is asked of the library, and when: settings, other operations, files, and what an address stands for.

import { applyAddress } from "./address.js";

const TYPING = 150; // ms without another key before a setting is asked for

// Brings back what the address says: what needs Python is asked for, the rest is set at once.
export function beginFrom(app, said) {
  const given = app.model.get("cell"); // the cell that the host would have shown; an address goes before it
  if (given && !said?.cell && app.stage.panels[given.array]?.cells[given.at]) app.pin(given.array, given.at);
  if (!said) return;
  if (!said.request || !app.listening) return applyAddress(app, said);
  const once = () => {
    app.model.off("change:trace", once);
    queueMicrotask(() => applyAddress(app, said)); // after the page has the trace
  };
  app.model.on("change:trace", once);
  send(app, said.request);
}

export function transpose(app) {
  const { op, request } = app.trace;
  if (!app.listening || op.includes("pool"))
    return app.say(app.listening ? app.t("transpose.none") : `${app.t("controls.still")} rot180 explain`);
  const other = op.includes("transpose") ? op.replace("_transpose", "") : op.replace("conv", "conv_transpose");
  app.ask({ ...request, op: other, arrays: undefined });
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
  delete plain.given;
  app.model.set("request", plain);
  app.model.save_changes();
}
