// The number of products in each output cell of a transposed layer, and advice if the numbers are uneven.

import { make, replace } from "./dom.js";

const WIDEST = 64;

export function makeCheckerboard(app) {
  const element = make("section", { class: "overlap", "aria-label": app.t("overlap.title") });
  return {
    element,
    update() {
      const { overlap } = app.trace;
      element.hidden = !overlap;
      if (overlap)
        replace(
          element,
          make("h2", {}, app.t("overlap.title")),
          make("div", { class: "overlap-body" }, map(app, overlap), words(app, overlap)),
        );
    },
  };
}

function words(app, overlap) {
  const { kernel, stride } = app.trace.settings;
  const values = { kernel: kernel.join(" \u00d7 "), stride: stride.join(" \u00d7 ") };
  return make("p", {}, app.t(overlap.advice ?? (overlap.uneven ? "overlap.uneven" : "overlap.even"), values));
}

function map(app, overlap) {
  const counts = overlap.counts,
    most = Math.max(...counts.map(row => Math.max(...row)));
  if (counts[0].length > WIDEST) return null;
  const table = make("table", { class: "counts", "aria-label": app.t("overlap.title") });
  for (const row of counts) {
    const line = make("tr");
    for (const count of row) {
      const td = make("td", {}, String(count));
      td.style.setProperty("--shade", (count / most).toFixed(2));
      line.append(td);
    }
    table.append(line);
  }
  return make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": app.t("overlap.title") }, table);
}
