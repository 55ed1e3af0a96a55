// Notices: where the numbers come from, which part of a large layer is shown, and which numbers a link does not contain.

import { make } from "./dom.js";
import { checksum } from "./editing.js";

export function makeNotices(app) {
  const element = make("p", { class: "note cut" });
  return {
    element,
    update() {
      const { op, rest, selection, source } = app.trace,
        words = [];
      if (source) words.push(sourceText(source));
      if (rest) words.push(app.t(op.includes("pool") ? "partial.pool" : "partial.conv", { n: span(selection.n), c: span(selection.c), o: span(selection.o) }));
      if (app.lost.length) words.push(app.t("numbers.lost", { names: app.lost.join(", ") }));
      if (app.missing.length) words.push(app.t("address.missing", { names: app.missing.join(", ") }));
      else if (app.tooLong.length) words.push(tooLongText(app));
      element.textContent = words.join(" ");
      element.hidden = !element.textContent;
    },
  };
}

// The layer, run and image of a trace of a trained network.
function sourceText(source) {
  return ["layer", "run", "image"]
    .filter(key => typeof source[key] === "string")
    .map(key => source[key])
    .join(" \u00b7 ");
}

// The notice that some numbers do not fit into the address. A reload restores those that the host started with.
function tooLongText(app) {
  const { arrays } = app.first,
    { values } = app.sums;
  const comes = name => arrays[name] && checksum(arrays[name].values) === checksum(values[name]);
  const same = app.tooLong.every(comes);
  return app.t(same ? "address.too_long" : "address.too_long.edited", { names: app.tooLong.join(", ") });
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
