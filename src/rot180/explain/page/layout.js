// The position of each plane and the size of a cell: the arrays of the pass are as large as the stage allows, the others
// are small.

import { inEquation } from "./equations.js";
import { paddingAround } from "./ghosts.js";
import { planeSize } from "./names.js";

const CELL_SIDES = [60, 56, 52, 48, 44, 40, 36, 32, 28, 25, 22, 18, 16, 14, 12, 10, 8],
  LARGEST_SIDE = 80, // in present mode
  READABLE = 22, // smaller cells show no numbers
  THUMBNAIL = [28, 25, 22, 12, 8, 5, 4],
  THUMBNAIL_HEIGHT = 150,
  GAP = 14,
  SIGN = 46, // pixels of a sign and the gaps beside it
  HEADING = 110;

// Arrangements of an array's planes: [row, column] of plane (a, b), where b has `count` entries.
const ARRANGEMENTS = {
  firstAcross: (a, b) => [b, a],
  secondAcross: (a, b) => [a, b],
  column: (a, b, count) => [a * count + b, 0],
};

// The arrangements in order of preference: as in a matrix product, channels of x down beside those of w.
const WAYS = {
  x: ["firstAcross", "secondAcross", "column"],
  w: ["firstAcross", "secondAcross", "column"],
  y: ["secondAcross", "firstAcross", "column"],
};
const LIKE = { x: "x", dx: "x", w: "w", dw: "w", y: "y", dy: "y" };

// {x: {planes, cell, wide}, ...} for all arrays; a wide one scrolls. `room` is {width, height, stacked, present} of the stage in pixels.
export function arrange(trace, pass, room) {
  const names = inEquation(trace, pass).filter(name => LIKE[name]),
    layout = {},
    padded = { arrays: Object.fromEntries(Object.keys(trace.arrays).map(name => [name, { shape: paddedShape(trace, pass, name) }])) };
  let best = null;
  for (const way of combinations(names.map(name => WAYS[LIKE[name]]))) {
    const planes = Object.fromEntries(names.map((name, i) => [name, planesOf(trace, name, ARRANGEMENTS[way[i]])])),
      sides = room.present ? [LARGEST_SIDE, 72, 66, ...CELL_SIDES] : CELL_SIDES,
      cell = sides.find(side => fitsInto(padded, planes, side, room)) ?? 0, // 0: the panels scroll
      penalty = way.reduce((sum, one, i) => sum + WAYS[LIKE[names[i]]].indexOf(one), 0),
      score = cell - penalty / 10;
    if (!best || score > best.score) best = { planes, cell, score };
  }
  const scrolling = best.cell < READABLE; // a readable cell and a panel that scrolls are better than a tiny cell
  for (const name of names) {
    const side = scrolling ? smallest(padded, best.planes[name], name, room, names.length) : best.cell,
      share = (room.width - SIGN * (names.length - 1)) / names.length;
    layout[name] = { planes: best.planes[name], cell: side, wide: widthOf(padded, { [name]: best.planes[name] }, side) > share && scrolling };
  }
  for (const name of Object.keys(LIKE)) if (trace.arrays[name] && !layout[name]) layout[name] = thumbnail(trace, name);
  for (const name of ["b", "db"])
    if (trace.arrays[name]) layout[name] = { planes: [[0, 0, 0, 0, 0]], cell: Math.max(Math.min(best.cell, 44), READABLE) };
  return layout;
}

// The shape of an array with the padding that is drawn around each of its planes.
function paddedShape(trace, pass, name) {
  const { shape } = trace.arrays[name],
    pads = paddingAround(trace, pass, name).slice(4 - shape.length);
  return shape.map((size, axis) => (axis < 2 ? size : size + pads[axis - 2].reduce((a, b) => a + b)));
}

// The cell size of an array if the equation is too wide: the array gets an equal share of the stage and stays readable.
function smallest(trace, planes, name, room, count) {
  const [columns] = extent(trace, planes, name),
    share = room.stacked ? room.width : (room.width - SIGN * (count - 1)) / count;
  return Math.max(READABLE, Math.min(CELL_SIDES[0] / 2, Math.floor(share / columns)));
}

function thumbnail(trace, name) {
  const planes = planesOf(trace, name, ARRANGEMENTS.secondAcross),
    own = { [name]: planes };
  const cell = THUMBNAIL.find(side => widthOf(trace, own, side) <= 320 && heightOf(trace, own, side) <= THUMBNAIL_HEIGHT) ?? THUMBNAIL[THUMBNAIL.length - 1];
  return { planes, cell };
}

function combinations([first, ...rest]) {
  return first === undefined ? [[]] : first.flatMap(one => combinations(rest).map(others => [one, ...others]));
}

function fitsInto(trace, planes, side, { width, height, stacked }) {
  const widths = Object.keys(planes).map(name => Math.max(HEADING, widthOf(trace, { [name]: planes[name] }, side)));
  if (stacked) return Math.max(...widths) <= width && side <= 44;
  const total = widths.reduce((sum, one) => sum + one, SIGN * (widths.length - 1));
  return total <= width && heightOf(trace, planes, side) <= height;
}

// [columns, rows, planes across, planes down] of an array.
function extent(trace, list, name) {
  const [rows, columns] = planeSize(trace.arrays[name].shape),
    down = Math.max(...list.map(one => one[0])) + 1,
    across = Math.max(...list.map(one => one[1])) + 1;
  return [across * columns, down * rows, across, down];
}

function widthOf(trace, planes, side) {
  return Math.max(...Object.entries(planes).map(([name, list]) => {
    const [columns, , across] = extent(trace, list, name);
    return columns * side + (across - 1) * GAP + 8;
  }));
}

// The tallest array in pixels.
function heightOf(trace, planes, side) {
  return Math.max(...Object.entries(planes).map(([name, list]) => {
    const [, rows, , down] = extent(trace, list, name);
    return rows * side + (down > 1 || list.length > 1 ? down * (GAP + 18) : 0);
  }));
}

// The planes of an array: [row, column, first axis, second axis, number].
function planesOf(trace, name, arrangement) {
  const [first, second] = trace.arrays[name].shape,
    planes = [];
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++) planes.push([...arrangement(a, b, second), a, b, a * second + b]);
  return planes;
}
