// The steps of the step-by-step view: each pass as a correlation at stride 1, on one plane per operand. See views.py.
//
// A grid contains indices of cells and codes for kinds of zeros, not values, so it stays valid when numbers change.

import { spanOf } from "./geometry.js";

const STUFFED = -1,
  PADDING = -2,
  OUTPUT_PADDING = -3,
  DILATED = -4,
  DROPPED = -5,
  STRONGER = [STUFFED, DILATED, PADDING, OUTPUT_PADDING, DROPPED]; // if two kinds meet, the later one is shown

// {y, dx, dw}: the view of each pass; {} for pooling. `withRest` names the results that include hidden channels.
export function viewsOf(layer, withRest) {
  const { operation, images, channels, outputs, groups } = layer;
  if (operation.pools) return {};
  const [wide, narrow] = operation.transposed ? ["dy", "x"] : ["x", "dy"],
    [toNarrow, toWide] = operation.transposed ? ["dx", "y"] : ["y", "dx"];
  const films = { [toNarrow]: reading(layer, toNarrow, wide), [toWide]: spreading(layer, toWide, narrow), dw: weighing(layer, wide, narrow) };
  for (const [name, over, count] of [["y", "c", channels / groups], ["dx", "o", outputs / groups], ["dw", "n", images]]) {
    if (count > 1) addStep(films[name], "sum", { over });
    if (withRest.includes(name)) addStep(films[name], "rest");
  }
  if (layer.bias) addStep(films.y, "bias");
  return films;
}

function filmOf(result) {
  return { steps: [], image: null, kernel: null, result };
}

// Adds a grid of an operand, unless it equals the operand's previous grid.
function addGrid(film, kind, operand, array, lines, plane) {
  const cells = gridOf(lines, plane),
    previous = film.steps[operand === "result" ? -1 : film[operand]];
  if (previous && String(previous.cells) === String(cells) && previous.cells.length === cells.length) return;
  if (operand !== "result") film[operand] = film.steps.length;
  film.steps.push({ kind, operand, array, shape: [cells.length, cells[0].length], cells });
}

// Adds a step that changes the numbers of the result; the same cells are shown.
function addStep(film, kind, more = {}) {
  const { operand, array, shape, cells } = film.steps[film.steps.length - 1];
  film.steps.push({ kind, operand, array, shape, cells, ...more });
}

// Adds the correlation and, if some of its positions are not part of the result, the step that drops them.
function addCorrelation(film, kept) {
  const plane = kept.map(line => line.filter(p => p >= 0).length);
  addGrid(film, "correlate", "result", film.result, kept, plane);
  if (kept.some(line => line.some(p => p < 0))) addGrid(film, "keep", "result", film.result, plane.map(indices), plane);
}

function gridOf(lines, [...plane]) {
  const [rows, columns] = lines.length === 2 ? lines : [[0], lines[0]],
    width = plane[plane.length - 1];
  return rows.map(r => columns.map(c => (r >= 0 && c >= 0 ? r * width + c : strongest(r, c))));
}

function strongest(...codes) {
  return codes.filter(code => code < 0).reduce((a, b) => (STRONGER.indexOf(b) > STRONGER.indexOf(a) ? b : a));
}

function indices(count) {
  return Array.from({ length: count }, (_, i) => i);
}

// The line with step - 1 zeros between neighbouring cells.
function spaced(line, step, zero) {
  return line.flatMap((one, at) => (at ? [...Array(step - 1).fill(zero), one] : [one]));
}

// The result's index at each position of the correlation: every step-th is kept, up to `count` of them.
function keptOf(length, step, count) {
  return indices(length).map(m => (m % step === 0 && m / step < count ? m / step : DROPPED));
}

// The pass that slides the window: pad the image, correlate with the dilated kernel, keep every stride-th position.
function reading(layer, result, wide) {
  const { window, pads } = layer,
    film = filmOf(result);
  addPaddedImage(film, layer, wide);
  addKernel(film, window, false);
  addCorrelation(
    film,
    window.x_size.map((x, axis) => {
      const length = pads[axis][0] + x + pads[axis][1] - window.dilation[axis] * (window.kernel[axis] - 1);
      return keptOf(length, window.stride[axis], window.y_size[axis]);
    }),
  );
  return film;
}

// The pass that adds windows into its result: insert zeros, pad or crop, correlate with the rotated, dilated kernel.
function spreading(layer, result, narrow) {
  const { window, pads } = layer,
    film = filmOf(result),
    plane = window.y_size;
  addGrid(film, "start", "image", narrow, plane.map(indices), plane);
  const stuffed = plane.map((size, axis) => spaced(indices(size), window.stride[axis], STUFFED));
  addGrid(film, "stuff", "image", narrow, stuffed, plane);
  const borders = stuffed.map((line, axis) => {
    const reach = window.dilation[axis] * (window.kernel[axis] - 1),
      shift = reach - window.padding[axis],
      length = window.x_size[axis] + reach,
      left = line.filter((_, j) => j + shift >= 0 && j + shift < length),
      before = Math.min(Math.max(shift, 0), length),
      after = length - before - left.length,
      unreached = Math.min(pads[axis][0] + pads[axis][1] + window.x_size[axis] - spanOf(window, axis), after);
    return { left, before, after: after - unreached, unreached };
  });
  // Otherwise no cell of the plane is left, and only the padded zeros are shown.
  if (borders.every(one => one.left.length)) addGrid(film, "crop", "image", narrow, borders.map(one => one.left), plane);
  const padded = borders.map(one => [
    ...Array(one.before).fill(PADDING), ...one.left, ...Array(one.after).fill(PADDING), ...Array(one.unreached).fill(OUTPUT_PADDING),
  ]);
  addGrid(film, "pad", "image", narrow, padded, plane);
  addKernel(film, window, true);
  addCorrelation(film, window.x_size.map(indices));
  return film;
}

// The pass of the kernel's gradient: pad the wide side, correlate with the narrow one with zeros inserted, keep every
// dilation-th position.
function weighing(layer, wide, narrow) {
  const { window, pads } = layer,
    film = filmOf("dw"),
    plane = window.y_size;
  addPaddedImage(film, layer, wide);
  addGrid(film, "start", "kernel", narrow, plane.map(indices), plane);
  const stuffed = plane.map((size, axis) => spaced(indices(size), window.stride[axis], STUFFED));
  addGrid(film, "stuff", "kernel", narrow, stuffed, plane);
  addCorrelation(
    film,
    window.x_size.map((x, axis) =>
      keptOf(pads[axis][0] + x + pads[axis][1] - stuffed[axis].length + 1, window.dilation[axis], window.kernel[axis]),
    ),
  );
  return film;
}

function addPaddedImage(film, { window, pads }, wide) {
  const plane = window.x_size;
  addGrid(film, "start", "image", wide, plane.map(indices), plane);
  const padded = plane.map((size, axis) => [...Array(pads[axis][0]).fill(PADDING), ...indices(size), ...Array(pads[axis][1]).fill(PADDING)]);
  addGrid(film, "pad", "image", wide, padded, plane);
}

function addKernel(film, { kernel, dilation }, rotate) {
  addGrid(film, "start", "kernel", "w", kernel.map(indices), kernel);
  const lines = kernel.map(size => (rotate ? indices(size).reverse() : indices(size)));
  if (rotate) addGrid(film, "rotate", "kernel", "w", lines, kernel);
  addGrid(film, "dilate", "kernel", "w", lines.map((line, axis) => spaced(line, dilation[axis], DILATED)), kernel);
}
