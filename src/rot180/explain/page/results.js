// The results of a layer, summed over its triples: y, dx, dw and db, and the divisor of an average pool.

import { productOf } from "./triples.js";

// {y, dx, dw, db, divisor} as flat lists, of those that the layer has.
export function resultsOf(layer, shapes, arrays, triples) {
  const { x, w, b, dy } = arrays,
    y = new Float64Array(dy.length),
    dx = new Float64Array(x.length);
  const { family, pools } = layer.operation,
    { y: ys, x: xs, w: ws } = triples;
  if (family === "max") return maximum(arrays, triples, y, dx);
  if (pools) {
    const divisor = divisorOf(layer, dy.length);
    for (let t = 0; t < ys.length; t++) y[ys[t]] += x[xs[t]];
    for (let t = 0; t < ys.length; t++) dx[xs[t]] += dy[ys[t]] / divisor[ys[t]];
    return { y: y.map((sum, o) => sum / divisor[o]), dx, divisor };
  }
  const dw = new Float64Array(w.length);
  for (let t = 0; t < ys.length; t++) {
    const o = ys[t],
      i = xs[t],
      k = ws[t];
    y[o] += x[i] * w[k];
    dx[i] += dy[o] * w[k];
    dw[k] += dy[o] * x[i];
  }
  if (!b) return { y, dx, dw };
  const db = new Float64Array(b.length),
    [, channels] = shapes.dy,
    size = productOf(layer.y_size);
  y.forEach((_, o) => {
    const channel = Math.floor(o / size) % channels;
    y[o] += b[channel];
    db[channel] += dy[o];
  });
  return { y, dx, dw, db };
}

// The first maximum of each window; its cell gets the window's gradient.
function maximum({ x, dy }, { y: ys, x: xs }, y, dx) {
  const best = new Int32Array(y.length).fill(-1);
  ys.forEach((o, t) => {
    if (best[o] < 0 || x[xs[t]] > x[best[o]]) best[o] = xs[t];
  });
  best.forEach((i, o) => {
    y[o] = i < 0 ? -Infinity : x[i];
    if (i >= 0) dx[i] += dy[o];
  });
  return { y, dx };
}

// The divisor of each cell of y: the cells of its window inside the input, or inside the padded input.
function divisorOf({ window, pads, x_size, count_include_pad }, length) {
  const counts = window.y_size.map((positions, axis) => {
    const [before, after] = pads[axis],
      [low, high] = count_include_pad ? [-before, x_size[axis] + after] : [0, x_size[axis]];
    return Array.from({ length: positions }, (_, p) => {
      const start = window.stride[axis] * p - window.padding[axis];
      return Array.from({ length: window.kernel[axis] }, (_, k) => start + k).filter(i => i >= low && i < high).length;
    });
  });
  const plane = counts.reduce((all, line) => all.flatMap(one => line.map(count => one * count)), [1]);
  return Float64Array.from({ length }, (_, o) => plane[o % plane.length]);
}
