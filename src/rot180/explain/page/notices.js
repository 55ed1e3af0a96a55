// A line that says where the numbers come from and which part of a large layer is shown.

import { make } from "./dom.js";
import { markOf } from "./editing.js";

export function makeCutNote(app) {
  const element = make("p", { class: "note cut" });
  return {
    element,
    update() {
      const { op, rest, selection, source } = app.trace,
        words = [];
      if (source) words.push(sourceText(source));
      if (rest) words.push(app.t(op.includes("pool") ? "partial.pool" : "partial.conv", { n: span(selection.n), c: span(selection.c), o: span(selection.o) }));
      if (app.missing.length) words.push(app.t("address.missing", { names: app.missing.join(", ") }));
      else if (app.unheld.length) words.push(unheldText(app));
      element.textContent = words.join(" ");
      element.hidden = !element.textContent;
    },
  };
}

// The layer, run and image of a trace that was taken from a trained network.
function sourceText(source) {
  return ["layer", "run", "image"]
    .filter(key => typeof source[key] === "string")
    .map(key => source[key])
    .join(" \u00b7 ");
}

// That the address is too short for some numbers; a reload brings back those that the host began with.
function unheldText(app) {
  const { arrays } = app.first,
    { values } = app.sums;
  const comes = name => arrays[name] && markOf(arrays[name].values) === markOf(values[name]);
  const same = app.unheld.every(comes);
  if (same && !app.listening) return ""; // the file that the address leads to holds them
  return app.t(same ? "address.too_long" : "address.too_long.edited", { names: app.unheld.join(", ") });
}

// "0\u20132, 5" for [0, 1, 2, 5].
function span(numbers) {
  const parts = [];
  for (const one of numbers ?? []) {
    const last = parts[parts.length - 1];
    if (last && last[1] === one - 1) last[1] = one;
    else parts.push([one, one]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}\u2013${last}`)).join(", ");
}
