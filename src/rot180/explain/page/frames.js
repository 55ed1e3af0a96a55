// The equivalent view as a film: a frame for each step, and for the correlation one for each place of the window.

import { planeSize } from "./naming.js";
import { FACTORS, SIDE } from "./sums.js";

// [{kind, image, kernel, at}, ...]: which step of either operand is shown, and the cell being summed.
export function framesOf(view) {
  const frames = [];
  let image = 0,
    kernel = 0;
  view.steps.forEach((step, index) => {
    if (step.operand === "image") image = index;
    if (step.operand === "kernel") kernel = index;
    if (step.kind === "start" && step.operand === "image") {
      kernel = view.steps.findIndex(one => one.operand === "kernel");
      frames.push({ kind: "start", image, kernel, at: -1 });
    } else if (step.kind === "correlate") {
      const cells = step.shape[0] * step.shape[1];
      for (let at = 0; at < cells; at++) frames.push({ kind: "correlate", image, kernel, at });
    } else if (step.kind !== "start") {
      const done = step.operand === "result"; // the correlation lies behind
      frames.push({ kind: step.kind, image, kernel, at: done ? Infinity : -1 });
    }
  });
  return frames;
}

// The planes that meet in the target's plane: [[image's plane, kernel's plane], ...], one for each term of "sum".
export function pairsOf(sums, view, target, plane) {
  const names = operands(view),
    sizes = {},
    found = new Map();
  for (const name of [target, ...names]) sizes[name] = planeSize(sums.shapes[name]).reduce((a, b) => a * b);
  const into = sums.lists[SIDE[target]],
    [a, b] = names.map(name => sums.lists[SIDE[name]]);
  for (let t = 0; t < into.length; t++) {
    if (Math.floor(into[t] / sizes[target]) !== plane) continue;
    const pair = [Math.floor(a[t] / sizes[names[0]]), Math.floor(b[t] / sizes[names[1]])];
    found.set(String(pair), pair);
  }
  return [...found.values()];
}

// The names of the arrays that are slid over and slid: [image, kernel].
export function operands(view) {
  return ["image", "kernel"].map(operand => view.steps.find(step => step.operand === operand).array);
}

// The numbers of a step's grid, row by row; what was inserted is zero.
export function gridValues(sums, step, plane) {
  const size = planeSize(sums.shapes[step.array]).reduce((a, b) => a * b),
    values = sums.values[step.array];
  return step.cells.map(row => row.map(ref => (ref >= 0 ? values[plane * size + ref] : 0)));
}

// The window's products at one place, added up.
export function productSum(image, kernel, row, column) {
  let sum = 0;
  for (let r = 0; r < kernel.length; r++)
    for (let c = 0; c < kernel[r].length; c++) sum += image[row + r][column + c] * kernel[r][c];
  return sum;
}

// The direct sum of one cell over the triples of one pair of planes alone: what the correlation must give.
export function directSum(sums, view, target, cell, pair) {
  const names = operands(view),
    { start, order } = sums.index[SIDE[target]];
  const sizes = names.map(name => planeSize(sums.shapes[name]).reduce((a, b) => a * b));
  let sum = 0;
  for (const t of order.subarray(start[cell], start[cell + 1])) {
    const at = names.map(name => sums.lists[SIDE[name]][t]);
    if (!at.every((one, i) => Math.floor(one / sizes[i]) === pair[i])) continue;
    const [a, b] = FACTORS[target];
    sum += sums.values[a][sums.lists[SIDE[a]][t]] * sums.values[b][sums.lists[SIDE[b]][t]];
  }
  return sum;
}
