// A plate: one grid of the step-by-step view, with numbers and inserted zeros that move between steps.

import { make } from "./dom.js";
import { largest, paint } from "./grid.js";
import { gridValues } from "./frames.js";
import { NAMES } from "./names.js";

const FILLED = { "-1": "stuffed", "-2": "padding", "-3": "outer", "-4": "stuffed", "-5": "cropped" },
  MS = 700;

// Makes a plate. `size` is the reserved space in rows and columns; `results` are values that are not from the array.
export function plateOf(app, step, plane, size, cell, results = null) {
  const values = results ?? gridValues(app.sums, step, plane),
    scale = largest(values.flat()),
    cells = [];
  const table = make("table", {
    class: "plate-grid",
    "aria-label": `${NAMES[step.array]}, ${step.shape.join(" \u00d7 ")}`,
  });
  step.cells.forEach((row, r) => {
    const line = make("tr");
    row.forEach((ref, c) => {
      const td = make("td");
      td.ref = ref;
      td.at = r * row.length + c;
      if (!results) paint(td, values[r][c], scale, 1);
      if (!results && ref < 0) td.classList.add(FILLED[ref]);
      cells.push([td, r, c]);
      line.append(td);
    });
    table.append(line);
  });
  const box = make("div", { class: "box" }, table);
  box.style.setProperty("--cell", `${cell}px`);
  box.classList.toggle("tiny", cell < 18); // no room for numbers
  box.style.minWidth = `${size[1] * cell + 1}px`;
  box.style.minHeight = `${size[0] * cell + 1}px`;
  const heading = make(
    "h3",
    {},
    make("span", { class: "symbol" }, NAMES[step.array]),
    make("span", { class: "size" }, step.shape.join("\u2009\u00d7\u2009")),
  );
  const element = make("section", { class: "panel plate", "data-plate": step.array }, heading, box);
  return { element, table, cells, each: act => cells.forEach(([td, r, c]) => act(td, r, c)) };
}

// The positions of a plate's numbers before it is replaced: {offset in the array: [left, top]}.
export function placesOf(plate) {
  const places = new Map(),
    box = plate.table.parentElement.getBoundingClientRect();
  for (const [td] of plate.cells) {
    const rectangle = td.getBoundingClientRect();
    if (td.ref >= 0) places.set(td.ref, [rectangle.left - box.left, rectangle.top - box.top]);
  }
  return places;
}

// Animates every number from its old position; new numbers fade in.
export function slide(places, now) {
  const box = now.table.parentElement.getBoundingClientRect();
  const rectangles = now.cells.map(([td]) => td.getBoundingClientRect());
  now.cells.forEach(([td], i) => {
    const from = places.get(td.ref),
      here = rectangles[i];
    const frames = from
      ? [
          {
            transform: `translate(${from[0] - here.left + box.left}px, ${from[1] - here.top + box.top}px)`,
            zIndex: 2,
          },
          { transform: "none", zIndex: 2 },
        ]
      : [{ opacity: 0 }, { opacity: 0, offset: 0.5 }, { opacity: 1 }];
    td.animate(frames, { duration: MS, easing: "cubic-bezier(.4,0,.2,1)" });
  });
}

export function turn(plate) {
  plate.table.animate([{ transform: "rotate(-180deg)" }, { transform: "none" }], {
    duration: MS * 1.4,
    easing: "cubic-bezier(.4,0,.2,1)",
  });
}
