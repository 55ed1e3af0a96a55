// Where the panels' planes lie and how large a cell is, so that the three columns fit beside one another.

import { planeSize } from "./naming.js";

const CELL_SIDES = [44, 40, 36, 32, 28, 25, 22], GAP = 14, BETWEEN = 44, HEADING = 150, ROOMY = 32, NARROW = 700;

// How the planes of an array lie by its first two axes: [row, column] of plane (a, b) where b has `count` entries.
const LIE = { firstAcross: (a, b) => [b, a], secondAcross: (a, b) => [a, b], column: (a, b, count) => [a * count + b, 0] };

// The best is tried first: like a matrix product, the channels of x down beside those of w, the outputs of w and y across.
const WAYS = [
  { x: "firstAcross", w: "firstAcross", y: "secondAcross" }, { x: "firstAcross", w: "secondAcross", y: "firstAcross" },
  { x: "column", w: "firstAcross", y: "column" }, { x: "column", w: "secondAcross", y: "column" },
];

// {x: {planes, cell}, ...} for all arrays shown; `room` is the width in pixels that they may take.
export function arrange(trace, room) {
  const names = ["x", "w", "y"].filter(name => trace.arrays[name]);
  let best = null;
  for (const way of WAYS) {
    const planes = Object.fromEntries(names.map(name => [name, planesOf(trace, name, LIE[way[name]])]));
    const cell = CELL_SIDES.find(side => widthOf(trace, planes, side, room) <= room) ?? 0;
    if (!best || cell > best.cell) best = { planes, cell };
    if (best.cell >= ROOMY) break;
  }
  const cell = best.cell || CELL_SIDES[CELL_SIDES.length - 1], layout = {}, partner = { x: "dx", w: "dw", y: "dy" };
  for (const name of names)
    for (const one of [name, partner[name]]) if (trace.arrays[one]) layout[one] = { planes: best.planes[name], cell };
  for (const name of ["b", "db"]) if (trace.arrays[name]) layout[name] = { planes: [[0, 0, 0, 0, 0]], cell };
  return layout;
}

// The planes of an array: [row, column, first axis, second axis, number].
function planesOf(trace, name, lie) {
  const [first, second] = trace.arrays[name].shape, planes = [];
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++) planes.push([...lie(a, b, second), a, b, a * second + b]);
  return planes;
}

// What the columns take together; on a narrow page, where they may stand under one another, the widest of them.
function widthOf(trace, planes, side, room) {
  const widths = Object.entries(planes).map(([name, list]) => {
    const count = Math.max(...list.map(one => one[1])) + 1, [, cells] = planeSize(trace.arrays[name].shape);
    return Math.max(HEADING, count * cells * side + (count - 1) * GAP);
  });
  if (room < NARROW - BETWEEN) return Math.max(...widths) + side;
  return widths.reduce((sum, width) => sum + width, BETWEEN * (widths.length - 1));
}
