// The geometry of a layer: all of its sizes, from the settings of a request. The formulas are those of window.py.
//
// As in Python, the window slides over x and has one position per cell of y. In a transposed layer x is the output.

import { LayerProblem } from "./problems.js";

const MOST_SIDE = 1024, // cells on one axis
  MOST_GRID = 100_000; // cells of one plane with its padding and inserted zeros
const SETTINGS = {
  conv: ["stride", "padding", "dilation", "groups"],
  transposed: ["stride", "padding", "output_padding", "groups", "dilation"],
  max: ["stride", "padding", "dilation", "ceil_mode"],
  average: ["stride", "padding", "ceil_mode", "count_include_pad"],
};
const FAMILIES = { conv: "conv", conv_transpose: "transposed", max_pool: "max", avg_pool: "average" };

// {name, axes, family, transposed, pools, settings} of an operation's name.
export function operationOf(op) {
  const parts = /^(\w+?)([12])d$/.exec(String(op).replaceAll("-", "_")),
    family = parts && Object.hasOwn(FAMILIES, parts[1]) ? FAMILIES[parts[1]] : null;
  if (!family) throw new LayerProblem("operation", { op: String(op).slice(0, 40) });
  return {
    name: parts[0],
    axes: Number(parts[2]),
    family,
    transposed: family === "transposed",
    pools: family === "max" || family === "average",
    settings: SETTINGS[family],
  };
}

// The layer of a request: its operation, its counts, every setting for each axis, both spatial sizes, and the window.
export function layerOf(request) {
  const operation = operationOf(request.op),
    { axes, pools, transposed } = operation;
  const has = name => operation.settings.includes(name),
    each = (name, usual, least) => (has(name) ? perAxis(request[name] ?? usual, name, axes, least) : Array(axes).fill(usual));
  const input = perAxis(request.input ?? 5, "input", axes, 1),
    kernel = perAxis(request.kernel ?? (pools ? 2 : 3), "kernel", axes, 1);
  const layer = {
    operation,
    ...countsOf(request, operation),
    bias: !pools && Boolean(request.bias),
    kernel,
    stride: perAxis(request.stride ?? (pools ? kernel : 1), "stride", axes, 1),
    dilation: each("dilation", 1, 1),
    output_padding: each("output_padding", 0, 0),
    ceil_mode: has("ceil_mode") && Boolean(request.ceil_mode),
    count_include_pad: has("count_include_pad") ? Boolean(request.count_include_pad ?? true) : true,
  };
  const sized = transposed ? fromNarrow(layer, input, request.padding) : fromWide(layer, input, request.padding);
  return checkSides({ ...layer, ...sized });
}

function countsOf(request, { pools, transposed }) {
  const count = (name, usual) => whole(request[name] ?? usual, name, 1);
  const groups = pools ? 1 : count("groups", 1),
    channels = count("channels", groups),
    outputs = pools ? channels : count("outputs", groups);
  for (const [name, one] of [["channels", channels], ["outputs", outputs]])
    if (one % groups) throw new LayerProblem("groups", { name, count: one, groups });
  const [first, second] = transposed ? [channels, outputs] : [outputs, channels];
  return { images: count("images", 1), channels, outputs, groups, wChannels: [first, second / groups] };
}

function whole(value, name, least) {
  if (!Number.isInteger(value) || value < least) throw new LayerProblem("whole", { name, least });
  if (value > MOST_SIDE) throw new LayerProblem("most", { name, most: MOST_SIDE });
  return value;
}

function perAxis(value, name, axes, least) {
  const list = Array.isArray(value) ? value : [value];
  if (list.length !== 1 && list.length !== axes) throw new LayerProblem("axes", { name, axes });
  return Array.from({ length: axes }, (_, axis) => whole(list[axis] ?? list[0], name, least));
}

export function axisWord(axis, axes) {
  return axes === 1 ? "along" : axis ? "across" : "down";
}

// The padding [before, after] of each axis.
function padsOf(padding, { operation, kernel, stride, dilation }, wide) {
  const { axes, pools } = operation;
  if (typeof padding === "string" && (pools || !["same", "valid"].includes(padding))) throw new LayerProblem("padding");
  if (padding === "valid") return kernel.map(() => [0, 0]);
  if (padding === "same")
    return kernel.map((k, axis) => {
      const total = Math.max((Math.ceil(wide[axis] / stride[axis]) - 1) * stride[axis] + dilation[axis] * (k - 1) + 1 - wide[axis], 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  const list = Array.isArray(padding) ? padding : [padding ?? 0];
  if (list.length !== 1 && list.length !== axes) throw new LayerProblem("axes", { name: "padding", axes });
  return kernel.map((_, axis) => {
    const one = list[axis] ?? list[0],
      pair = Array.isArray(one) ? one : [one, one];
    if (pair.length !== 2) throw new LayerProblem("axes", { name: "padding", axes });
    return pair.map(size => whole(size, "padding", 0));
  });
}

// A plain layer or a pool: the output has one cell per window position.
function fromWide(layer, x_size, padding) {
  const { operation, kernel, stride, dilation } = layer,
    pads = padsOf(padding, layer, x_size);
  const y_size = x_size.map((x, axis) => {
    const [before, after] = pads[axis],
      extent = dilation[axis] * (kernel[axis] - 1) + 1,
      room = x + before + after - extent;
    let y = Math.floor(room / stride[axis]) + 1;
    if (layer.ceil_mode && room % stride[axis] && y * stride[axis] < x + before) y += 1; // -3 % 2 is -1, also not zero
    if (y < 1) throw new LayerProblem("kernel", { axis: axisWord(axis, operation.axes), extent, padded: room + extent });
    if (operation.pools && (before !== after || before > Math.floor(extent / 2)))
      throw new LayerProblem("pool_padding", { pad: before, most: Math.floor(extent / 2) });
    return y;
  });
  return { pads, x_size, y_size, window: windowOf(layer, x_size, y_size, pads) };
}

// A transposed layer: the input has one cell per window position.
function fromNarrow(layer, narrow, padding) {
  const { operation, kernel, stride, dilation, output_padding } = layer,
    wide = narrow.map((size, axis) => size * stride[axis]),
    pads = padsOf(padding, layer, wide);
  output_padding.forEach((extra, axis) => {
    if (extra && extra >= Math.max(stride[axis], dilation[axis]))
      throw new LayerProblem("output_padding", { extra, stride: stride[axis], dilation: dilation[axis] });
    if (extra && padding === "same") throw new LayerProblem("same");
  });
  const size = (axis, extra) =>
    (narrow[axis] - 1) * stride[axis] - pads[axis][0] - pads[axis][1] + dilation[axis] * (kernel[axis] - 1) + extra + 1;
  if (padding !== "same")
    narrow.forEach((_, axis) => {
      wide[axis] = size(axis, output_padding[axis]);
      if (wide[axis] < 1) throw new LayerProblem("empty", { axis: axisWord(axis, operation.axes), size: wide[axis] });
    });
  const extras = padding === "same" ? wide.map((one, axis) => one - size(axis, 0)) : output_padding;
  return { pads, x_size: narrow, y_size: wide, output_padding: extras, window: windowOf(layer, wide, narrow, pads) };
}

function windowOf({ kernel, stride, dilation, groups }, x_size, y_size, pads) {
  return { x_size, y_size, kernel, stride, dilation, padding: pads.map(([before]) => before), groups };
}

// The cells that all positions of the window cover on an axis.
export function spanOf({ y_size, stride, dilation, kernel }, axis) {
  return stride[axis] * (y_size[axis] - 1) + dilation[axis] * (kernel[axis] - 1) + 1;
}

// Refuses a layer of which one padded plane is too large to show, whatever the number of channels.
function checkSides(layer) {
  const { window, pads } = layer,
    spans = window.kernel.map((_, axis) => spanOf(window, axis)),
    padded = window.x_size.map((size, axis) => size + pads[axis][0] + pads[axis][1]);
  const most = Math.max(...layer.x_size, ...layer.y_size, ...spans, ...pads.map(([before, after]) => before + after));
  if (most > MOST_SIDE) throw new LayerProblem("side", { size: most, most: MOST_SIDE });
  const grid = padded.reduce((product, size, axis) => product * (size + spans[axis]), 1);
  if (grid > MOST_GRID) throw new LayerProblem("plane", { cells: grid, most: MOST_GRID });
  return layer;
}
