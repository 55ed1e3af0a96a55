// The loop that computes all three passes, on one line with live indices: only the array summed into differs.

import { make, replace } from "./dom.js";
import { NAMES, entryOf, isSingle, place } from "./names.js";
import { FACTORS } from "./sums.js";

export function makeLoop(app) {
  const element = make("p", { class: "loop" });
  return {
    element,
    show({ target, terms, cell, name, reverse }, at = 0) {
      element.hidden = app.trace.kind === "maximum" || !app.sums.values.w || !FACTORS[target] || target === "db";
      if (element.hidden) return;
      const live = terms[Math.min(at, terms.length - 1)],
        cells = new Map(live?.factors ?? []);
      if (live) cells.set(target, reverse ? live.into : cell);
      if (reverse) cells.set(name, cell);
      const [a, b] = FACTORS[target];
      replace(
        element,
        make("code", {}, `${written(app, target)} += ${written(app, a)} \u00b7 ${written(app, b)}`),
        live && cells.has(a) && cells.has(b) && make("code", { class: "soft" }, ["n", "o", "c", "i", "j", "p", "q", "u", "v"].flatMap(letter => indexOf(app, cells, letter)).join(", ")),
      );
    },
  };
}

// dx[i,j]: the array with its letters; n, c and o only where there is more than one.
function written(app, name) {
  return `${NAMES[name]}[${shownAxes(app.trace, name).map(axis => app.trace.axes[name][axis]).join(",")}]`;
}

// "i=1" for a letter that one of the cells has.
function indexOf(app, cells, letter) {
  for (const [name, cell] of cells) {
    const axis = app.trace.axes[name]?.indexOf(letter) ?? -1;
    if (axis >= 0 && (axis >= 2 || !isSingle(app.trace)))
      return [`${letter}=${entryOf(app.trace, name, axis, place(app.trace.arrays[name].shape, cell)[axis])}`];
  }
  return [];
}

// The axes of an array whose index is written.
function shownAxes(trace, name) {
  const { shape } = trace.arrays[name];
  return shape.flatMap((_, axis) => (axis >= 2 || !isSingle(trace) ? [axis] : []));
}
