// A panel: one array as tables of numbers, one per plane (sample and channel), with one tab stop for all.

import { make } from "./dom.js";
import { weightLook } from "./hues.js";
import { NAMES, entryOf, planeSize, short } from "./names.js";

const MOST_EXTRA = 2; // digits
const BADGED = 32,
  NUMBERED = 22; // smaller cells have no room for a badge, or for a number
const GLYPH = 0.6,
  LARGEST = 24,
  SMALLEST = 7; // a digit's width divided by its height; font sizes in pixels

// `layout` is {planes: [[row, column, first, second]..], cell}: the position of each plane, and the side of a cell in pixels.
export function makePanel(app, name, layout) {
  const shape = app.sums.shapes[name],
    [rows, columns] = planeSize(shape);
  const panel = { name, rows, columns, layout, cells: [], home: -1, changed: [] };
  const scale = (panel.scale = largest(app.sums.values[name]));
  const body = make("div", { class: "planes" });
  for (const [, , a, b, number] of layout.planes) {
    const table = plane(app, panel, a, b, scale);
    const holder = make("div", { class: "plane" }, table);
    if (layout.planes.length > 1) holder.prepend(make("div", { class: "plane-name" }, planeName(app, name, a, b)));
    holder.number = number;
    body.append(holder);
  }
  panel.body = body;
  panel.order = Object.keys(panel.cells).map(Number);
  resizePanel(app, panel, layout);
  panel.element = make(
    "section",
    { class: "panel", "data-panel": name },
    panelHeading(app, name),
    make("div", { class: "scroller" }, body),
  );
  if (panel.home >= 0) panel.cells[panel.home].tabIndex = 0;
  return panel;
}

// Gives a panel another place for each plane and another size of its cells.
export function resizePanel(app, panel, layout) {
  const { body } = panel,
    places = new Map(layout.planes.map(([row, column, , , number]) => [number, `${row + 1} / ${column + 1}`]));
  const digits = digitsOf(panel);
  panel.layout = layout;
  if (digitsOf(panel) !== digits) paintAll(app, panel);
  body.style.setProperty("--cell", `${layout.cell}px`);
  body.classList.toggle("small", layout.cell < BADGED);
  body.classList.toggle("tiles", layout.cell < NUMBERED);
  for (const holder of body.children) holder.style.gridArea = places.get(holder.number);
  fit(panel);
}

function panelHeading(app, name) {
  const shape = app.sums.shapes[name],
    size = shape.length > 1 ? shape.slice(2) : shape;
  return make(
    "h3",
    {},
    make("i", { class: "key", "aria-hidden": "true" }),
    make("span", { class: "symbol" }, NAMES[name]),
    make("span", { class: "what" }, app.t(`panel.${name}`)),
    make("span", { class: "size" }, size.join("\u2009×\u2009")),
  );
}

function planeName(app, name, a, b) {
  const axes = app.trace.axes[name];
  return `${axes[0]} ${entryOf(app.trace, name, 0, a)}, ${axes[1]} ${entryOf(app.trace, name, 1, b)}`;
}

function plane(app, panel, a, b, scale) {
  const { name, rows, columns } = panel,
    shape = app.sums.shapes[name],
    values = app.sums.values[name];
  const first = shape.length === 1 ? 0 : (a * shape[1] + b) * rows * columns;
  const label = shape.length === 1 ? NAMES[name] : `${NAMES[name]}, ${planeName(app, name, a, b)}`;
  const table = make("table", { role: "grid", "aria-label": `${label}: ${app.t(`panel.${name}`)}` });
  const body = make("tbody", { role: "rowgroup" });
  for (let r = 0; r < rows; r++) {
    const row = make("tr", { role: "row" });
    for (let c = 0; c < columns; c++) {
      const cell = document.createElement("td"),
        at = first + r * columns + c;
      if ((name === "w" || name === "dw") && app.trace.arrays.w) showIdentity(app, cell, at);
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = -1;
      cell.cell = at;
      panel.cells[at] = cell;
      if (panel.home < 0) panel.home = at;
      paint(cell, values[at], scale, digitsOf(panel));
      row.append(cell);
    }
    body.append(row);
  }
  table.append(body);
  return table;
}

function paintAll(app, panel) {
  const values = app.sums.values[panel.name],
    scale = largest(values);
  panel.cells.forEach((td, at) => paint(td, values[at], scale, digitsOf(panel)));
}

// The hue and the letter of a weight, in w and in dw.
function showIdentity(app, cell, at) {
  const { hue, letter } = weightLook(app.trace, at);
  cell.classList.add("weight");
  cell.style.setProperty("--own", hue);
  if (letter) cell.setAttribute("data-letter", letter);
}

export function largest(values) {
  let size = 0;
  for (const value of values) if (Math.abs(value) > size && Number.isFinite(value)) size = Math.abs(value);
  return size || 1;
}

// Shows a number and its shade: blue below zero, orange above, white at zero.
export function paint(cell, value, scale, digits) {
  cell.textContent = short(value, digits);
  cell.classList.toggle("below", value < 0);
  cell.classList.toggle("above", value > 0);
  cell.style.setProperty("--shade", Math.min(1, Math.abs(value) / scale).toFixed(2));
}

// Sets one font size for the panel, so that its longest number fits.
function fit(panel) {
  const { cell } = panel.layout,
    longest = panel.cells.reduce((most, td) => Math.max(most, td.textContent.length), 1);
  const size = Math.min(LARGEST, cell * 0.24 + 6.6, (cell - 4) / (longest * GLYPH));
  panel.body.style.setProperty("--font", `${Math.max(SMALLEST, size).toFixed(1)}px`);
}

// Shows changed values, each with its difference until the next edit.
export function repaint(app, panel, changes) {
  for (const cell of panel.changed) {
    cell.classList.remove("changed");
    cell.removeAttribute("data-delta");
  }
  const scale = largest(app.sums.values[panel.name]);
  panel.changed = [];
  for (const { cell: at, before, after } of changes) {
    const cell = panel.cells[at];
    if (!cell) continue;
    paint(cell, after, scale, digitsOf(panel));
    const delta = after - before;
    cell.setAttribute("data-delta", (delta > 0 ? "+" : "") + short(delta));
    cell.classList.remove("changed");
    void cell.offsetWidth;
    cell.classList.add("changed");
    panel.changed.push(cell);
  }
  if (changes.length) fit(panel);
}

// The digits after the point, more for an array whose numbers are all small.
function digitsOf({ layout, scale }) {
  const small = Math.min(Math.max(-Math.floor(Math.log10(scale)) - 1, 0), MOST_EXTRA);
  return (layout.cell < 40 ? 1 : 2) + small;
}

export function focusCell(panel, at) {
  const cell = panel.cells[at];
  if (!cell) return;
  if (panel.cells[panel.home]) panel.cells[panel.home].tabIndex = -1;
  panel.home = at;
  cell.tabIndex = 0;
  cell.focus();
}

// The cell that an arrow key, Home or End leads to; null if there is none.
export function neighbour(panel, at, key, whole) {
  const { rows, columns, layout } = panel,
    size = rows * columns;
  if (whole && (key === "Home" || key === "End")) {
    return panel.order[key === "Home" ? 0 : panel.order.length - 1];
  }
  const number = Math.floor(at / size),
    offset = at % size,
    r = Math.floor(offset / columns),
    c = offset % columns;
  if (key === "Home") return at - c;
  if (key === "End") return at - c + columns - 1;
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  const row = r + down,
    column = c + right;
  if (row >= 0 && row < rows && column >= 0 && column < columns) return at + down * columns + right;
  const here = layout.planes.find(one => one[4] === number);
  const next = here && layout.planes.find(one => one[0] === here[0] + down && one[1] === here[1] + right);
  if (!next) return null;
  return next[4] * size + ((row + rows) % rows) * columns + ((column + columns) % columns);
}
