// The list of triples (y cell, x cell, w cell) of a layer: every product of its three sums.

// The triples of one plane, {out, in, k}: flat indices in a plane of the layer's output and input and in the kernel,
// sorted by output cell, then by kernel cell.
export function planeTriples({ operation, window }) {
  let planes = [[0, 0, 0]];
  window.kernel.forEach((taps, axis) => {
    const line = lineOf(window, axis),
      sizes = [window.y_size[axis], window.x_size[axis], taps];
    planes = planes.flatMap(([p, i, k]) => line.map(([a, b, c]) => [p * sizes[0] + a, i * sizes[1] + b, k * sizes[2] + c]));
  });
  const triples = operation.transposed ? planes.map(([p, i, k]) => [i, p, k]) : planes;
  triples.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  return { out: triples.map(one => one[0]), in: triples.map(one => one[1]), k: triples.map(one => one[2]) };
}

// The positions p, cells i and taps k along one axis with i = stride * p + dilation * k - padding.
function lineOf({ x_size, y_size, kernel, stride, dilation, padding }, axis) {
  const line = [];
  for (let k = 0; k < kernel[axis]; k++)
    for (let p = 0; p < y_size[axis]; p++) {
      const i = stride[axis] * p + dilation[axis] * k - padding[axis];
      if (i >= 0 && i < x_size[axis]) line.push([p, i, k]);
    }
  return line;
}

// The number of products of an output cell along one axis; in a plain layer, of each position.
export function countsAlong(layer, axis) {
  const side = layer.operation.transposed ? 1 : 0,
    counts = new Array(layer.y_size[axis]).fill(0);
  for (const one of lineOf(layer.window, axis)) counts[one[side]]++;
  return counts;
}

export function countTriples(layer) {
  const planes = layer.window.kernel.reduce((product, _, axis) => product * lineOf(layer.window, axis).length, 1);
  return layer.images * layer.channels * planes * (layer.operation.pools ? 1 : layer.outputs / layer.groups);
}

// The flat indices {y, x, w} of each triple's cells, sorted by y, then by w. Pooling has no w.
export function flatTriples(layer, planes) {
  const { operation, images, channels, outputs, groups } = layer,
    taps = productOf(layer.kernel),
    [xSize, ySize] = [productOf(layer.x_size), productOf(layer.y_size)],
    share = outputs / groups,
    group = operation.pools ? 1 : channels / groups;
  const starts = groupStarts(planes.out, ySize),
    lists = { y: [], x: [], w: [] };
  for (let n = 0; n < images; n++)
    for (let o = 0; o < outputs; o++)
      for (let out = 0; out + 1 < starts.length; out++)
        for (let c = 0; c < group; c++) {
          const channel = operation.pools ? o : Math.floor(o / share) * group + c,
            kernel = operation.transposed ? channel * share + (o % share) : o * group + c;
          for (let t = starts[out]; t < starts[out + 1]; t++) {
            lists.y.push((n * outputs + o) * ySize + out);
            lists.x.push((n * channels + channel) * xSize + planes.in[t]);
            lists.w.push(kernel * taps + planes.k[t]);
          }
        }
  if (operation.pools) delete lists.w;
  return lists;
}

// The first entry of each value in a sorted list of the values 0 to count - 1.
function groupStarts(sorted, count) {
  const starts = new Array(count + 1).fill(0);
  for (const value of sorted) starts[value + 1]++;
  for (let at = 0; at < count; at++) starts[at + 1] += starts[at];
  return starts;
}

export function productOf(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}
