// Where the panels' planes lie and how large a cell is, so that the three columns fit beside one another.

import { planeSize } from "./naming.js";

const SIDES = [44, 40, 36, 32, 28, 25, 22], GAP = 14, BETWEEN = 44;
const CUT = 5000;  // above so many cells only the pictured channels are shown

// The planes of an array: [row, column, first axis, second axis, number]. Channels of x run down beside those of w; the
// outputs run across.
function planesOf(trace, name, across) {
  const shape = trace.arrays[name].shape;
  if (shape.length === 1) return [[0, 0, 0, 0, 0]];
  const shown = shownOf(trace, name), planes = [];
  shown[0].forEach((a, i) => shown[1].forEach((b, j) => {
    const flip = "xw".includes(name.slice(-1));
    planes.push([...(flip === across ? [j, i] : [i, j]), a, b, a * shape[1] + b]);
  }));
  return planes;
}

// Which entries of an array's first two axes have cells on the page.
function shownOf(trace, name) {
  const shape = trace.arrays[name].shape, all = shape.slice(0, 2).map(size => Array.from({ length: size }, (_, i) => i));
  if (cellCount(trace) <= CUT || !trace.pictured) return all;
  const axes = trace.axes?.[name] ?? [];
  const within = name.endsWith("w") && trace.settings.groups > 1;
  return all.map((one, i) => {
    const kept = trace.pictured[axes[i]];
    return kept && !(within && i === 1) ? one.filter(entry => kept.includes(entry)) : one;
  });
}

export function cellCount(trace) {
  return Object.values(trace.arrays).reduce((sum, array) => sum + array.values.length, 0);
}

function columnsOf(trace, planes, name) {
  return { count: Math.max(...planes.map(one => one[1])) + 1, cells: planeSize(trace.arrays[name].shape)[1] };
}

// {x: {planes, cell}, ...} for all arrays shown; `room` is the width in pixels that the columns may take together.
export function arrange(trace, room) {
  const names = ["x", "w", "y"].filter(name => trace.arrays[name]);
  for (const across of [true, false])
    for (const side of SIDES) {
      const layout = {};
      let width = BETWEEN * (names.length - 1);
      for (const name of names) {
        const planes = planesOf(trace, name, across), { count, cells } = columnsOf(trace, planes, name);
        width += count * cells * side + (count - 1) * GAP;
        layout[name] = { planes, cell: side };
      }
      if (width <= room && (side >= 32 || !across)) return whole(trace, layout);
      if (!across && side === SIDES[SIDES.length - 1]) return whole(trace, layout);
    }
}

function whole(trace, layout) {
  const partner = { dx: "x", dw: "w", dy: "y" }, cell = layout.x.cell;
  for (const [name, of] of Object.entries(partner)) if (trace.arrays[name]) layout[name] = layout[of];
  for (const name of ["b", "db"]) if (trace.arrays[name]) layout[name] = { planes: [[0, 0, 0, 0, 0]], cell };
  return layout;
}
