// The numbers of the step-by-step view: grids with inserted zeros, their correlation at stride 1, and the result after it.

import { planeSize } from "./names.js";
import { FACTORS, SIDE, channelOf, restOf } from "./sums.js";

// The pairs of planes that contribute to the target's plane: [[image's plane, kernel's plane], ...].
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

// [image, kernel]: the name of the array that stays fixed, and of the array that slides over it.
export function operands(view) {
  return ["image", "kernel"].map(operand => view.steps.find(step => step.operand === operand).array);
}

// The numbers of a step's grid, row by row; inserted cells are zero.
export function gridValues(sums, step, plane) {
  const size = planeSize(sums.shapes[step.array]).reduce((a, b) => a * b),
    values = sums.values[step.array];
  return step.cells.map(row => row.map(ref => (ref >= 0 ? values[plane * size + ref] : 0)));
}

// The correlation of two planes at stride 1, row by row; the kernel's inserted zeros are skipped.
export function correlation(sums, view, [imagePlane, kernelPlane]) {
  const kernelStep = view.steps[view.kernel],
    image = gridValues(sums, view.steps[view.image], imagePlane),
    kernel = gridValues(sums, kernelStep, kernelPlane),
    taps = [];
  kernelStep.cells.forEach((row, r) => row.forEach((ref, c) => ref >= 0 && taps.push([r, c, kernel[r][c]])));
  return correlateStep(view).cells.map((row, p) =>
    row.map((_, q) => taps.reduce((sum, [r, c, weight]) => sum + image[p + r][q + c] * weight, 0)),
  );
}

export function correlateStep(view) {
  return view.steps.find(step => step.kind === "correlate");
}

// The numbers of the result at one of its steps, row by row. `correlations` has one correlation for each pair of planes,
// `base` is the offset of the plane's first cell in the array `target`.
export function resultValues(sums, view, at, target, base, correlations, pair) {
  const correlate = correlateStep(view),
    through = view.steps.slice(0, at + 1).map(step => step.kind);
  if (view.steps[at] === correlate) return correlations[pair];
  const added = through.includes("sum") ? correlations : [correlations[pair]],
    totals = new Map();
  correlate.cells.forEach((row, r) =>
    row.forEach((ref, c) => totals.set(ref, added.reduce((sum, values) => sum + values[r][c], 0))),
  );
  return view.steps[at].cells.map(row =>
    row.map(ref => {
      const cell = base + ref,
        rest = through.includes("rest") ? restOf(sums, target, cell) : 0;
      return totals.get(ref) + rest + (through.includes("bias") ? sums.values.b[channelOf(sums, cell)] : 0);
    }),
  );
}

// The sum for one cell over the triples of one pair of planes. The correlation must give the same value.
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
