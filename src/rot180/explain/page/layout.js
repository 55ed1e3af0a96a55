// Where the panels' planes lie and how large a cell is, so that the three columns fit beside one another.

import { planeSize } from "./naming.js";

const SIDES = [44, 40, 36, 32, 28, 25, 22], GAP = 14, BETWEEN = 44;

// The planes of an array: [row, column, first axis, second axis, number]. Channels of x run down beside those of w; the
// outputs run across.
function planesOf(trace, name, across) {
  const shape = trace.arrays[name].shape;
  if (shape.length === 1) return [[0, 0, 0, 0, 0]];
  const flip = (name === "y") !== across, planes = [];
  for (let a = 0; a < shape[0]; a++)
    for (let b = 0; b < shape[1]; b++) planes.push([...(flip ? [b, a] : [a, b]), a, b, a * shape[1] + b]);
  return planes;
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
