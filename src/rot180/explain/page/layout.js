// The position of each plane and the size of a cell, so that the three columns fit beside one another.

import { planeSize } from "./names.js";
import { COLUMNS } from "./width.js";

const CELL_SIDES = [44, 40, 36, 32, 28, 25, 22, 16, 14, 12, 10, 8],
  GAP = 14,
  BETWEEN = 44,
  HEADING = 172;
const READABLE = 22,
  ENLARGED = 28;
const TALL = 400,
  PER_PIXEL = 40; // each PER_PIXEL pixels of height beyond TALL count like one pixel of cell size

// Arrangements of an array's planes: [row, column] of plane (a, b), where b has `count` entries.
const ARRANGEMENTS = {
  firstAcross: (a, b) => [b, a],
  secondAcross: (a, b) => [a, b],
  column: (a, b, count) => [a * count + b, 0],
};

// The arrangements of x, w and y in order of preference: as in a matrix product, channels of x down beside those of w,
// and outputs of w and y across.
const WAYS = {
  x: ["firstAcross", "secondAcross", "column"],
  w: ["firstAcross", "secondAcross", "column"],
  y: ["secondAcross", "firstAcross", "column"],
};

// {x: {planes, cell}, ...} for all arrays shown; `room` is the available width in pixels.
export function arrange(trace, room) {
  const names = ["x", "w", "y"].filter(name => trace.arrays[name]);
  let best = null;
  for (const way of product(names.map(name => WAYS[name]))) {
    const planes = Object.fromEntries(names.map((name, i) => [name, planesOf(trace, name, ARRANGEMENTS[way[i]])]));
    const cell =
      CELL_SIDES.find(side => (room >= COLUMNS || side < CELL_SIDES[1]) && widthOf(trace, planes, side, room) <= room) ??
      0; // 0: the panels will scroll
    const penalty = way.reduce((sum, one, i) => sum + WAYS[names[i]].indexOf(one), 0);
    const readable = cell >= READABLE ? READABLE : 0;
    const score = cell + readable - Math.max(0, heightOf(trace, planes, cell) - TALL) / PER_PIXEL - penalty / 10;
    if (!best || score > best.score) best = { planes, cell, score };
  }
  const cell = best.cell || CELL_SIDES[CELL_SIDES.length - 1],
    layout = {},
    partner = { x: "dx", w: "dw", y: "dy" };
  for (const name of names)
    for (const one of [name, partner[name]])
      if (trace.arrays[one])
        layout[one] = {
          planes: best.planes[name],
          cell: cell < READABLE ? enlarged(trace, best.planes, name, cell) : cell,
        };
  for (const name of ["b", "db"])
    if (trace.arrays[name]) layout[name] = { planes: [[0, 0, 0, 0, 0]], cell: Math.max(cell, READABLE) };
  return layout;
}

// A small array beside large ones keeps readable cells if its column has room.
function enlarged(trace, planes, name, cell) {
  const own = { [name]: planes[name] };
  return widthOf(trace, own, ENLARGED, COLUMNS) <= HEADING && heightOf(trace, own, ENLARGED) <= TALL ? ENLARGED : cell;
}

function product([first, ...rest]) {
  return first === undefined ? [[]] : first.flatMap(one => product(rest).map(others => [one, ...others]));
}

// The tallest array in pixels.
function heightOf(trace, planes, side) {
  return Math.max(
    ...Object.entries(planes).map(([name, list]) => {
      const count = Math.max(...list.map(one => one[0])) + 1,
        [rows] = planeSize(trace.arrays[name].shape);
      return count * rows * side + (count - 1) * (GAP + 18);
    }),
  );
}

// The planes of an array: [row, column, first axis, second axis, number].
function planesOf(trace, name, arrangement) {
  const [first, second] = trace.arrays[name].shape,
    planes = [];
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++) planes.push([...arrangement(a, b, second), a, b, a * second + b]);
  return planes;
}

// The total width of the columns; on a narrow page, where they are stacked, the width of the widest.
function widthOf(trace, planes, side, room) {
  const widths = Object.entries(planes).map(([name, list]) => {
    const count = Math.max(...list.map(one => one[1])) + 1,
      [, cells] = planeSize(trace.arrays[name].shape);
    return Math.max(HEADING, count * cells * side + (count - 1) * GAP);
  });
  if (room < COLUMNS) return Math.max(...widths) + side;
  return widths.reduce((sum, width) => sum + width, BETWEEN * (widths.length - 1));
}
