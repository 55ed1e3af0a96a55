// A trace: a layer with all of its numbers, computed in the page. It has the fields of `Trace.as_dict` in record.py, which
// reads it again.

import { codeOfLayer } from "./code.js";
import { viewsOf } from "./equivalence.js";
import { drawNumbers } from "./generator.js";
import { layerOf } from "./geometry.js";
import { chooseSelection, everything, hiddenOf, partOf, shapesOf, takePart } from "./partial.js";
import { LayerProblem } from "./problems.js";
import { resultsOf } from "./results.js";
import { overlapOf, sizesOf } from "./sizes.js";
import { flatTriples, planeTriples } from "./triples.js";

const FORMAT = { format: "rot180.trace", version: 1 },
  KINDS_OF_VALUES = ["integers", "random", "impulse"];

// The trace of a request. `arrays` holds the user's own numbers, {name: flat list}; the other arrays are generated.
export function traceOf(request, arrays = {}) {
  const layer = layerOf({ ...request, bias: request.bias || Boolean(arrays.b) }),
    { values = "integers", seed = 0 } = request,
    shapes = shapesOf(layer),
    own = Object.keys(shapes).filter(name => arrays[name]);
  if (!KINDS_OF_VALUES.includes(values)) throw new LayerProblem("values");
  if (!Number.isSafeInteger(seed) || seed < 0) throw new LayerProblem("seed");
  const selection = chooseSelection(layer, request.selection),
    numbers = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const length = shape.reduce((a, b) => a * b, 1);
    if (arrays[name] && arrays[name].length !== length) throw new LayerProblem("numbers", { array: name, count: length });
    numbers[name] = arrays[name] ? Float64Array.from(arrays[name]) : drawNumbers(values, seed, name, shape);
  }
  const filled = { ...requestOf(layer, request), values, seed, user_arrays: own.sort() };
  if (request.selection && Object.keys(request.selection).length) filled.selection = request.selection;
  if (JSON.stringify(selection) === JSON.stringify(everything(layer))) return assemble(layer, filled, numbers, selection, null, null);
  const rest = hiddenOf(layer, numbers, planeTriples(layer), selection);
  return assemble(partOf(layer, selection), filled, takePart(layer, numbers, selection), selection, rest, null);
}

// The trace of saved data: the layer, its numbers and `rest` are read, everything else is computed.
export function traceOfData({ request, arrays, selection, rest, source, settings }) {
  const whole = layerOf({ ...request, ...settingsOf(settings, request) }),
    numbers = Object.fromEntries(["x", "w", "b", "dy"].filter(name => arrays[name]).map(name => [name, Float64Array.from(arrays[name].values)]));
  const layer = rest ? partOf(whole, selection) : whole;
  return assemble({ ...layer, bias: Boolean(numbers.b) }, request, numbers, selection, rest, source);
}

// The padding per axis if the request says "same" or "valid".
function settingsOf(settings, request) {
  return typeof request.padding === "string" || !settings ? {} : { padding: settings.padding };
}

// The part of a trace from which the rest is computed: the data of a saved page, and of a notebook's widget.
export function inputsOf({ format, version, op, settings, request, arrays, selection, rest, source }) {
  const inputs = Object.fromEntries(Object.entries(arrays).filter(([name]) => ["x", "w", "b", "dy"].includes(name)));
  return { format, version, op, settings, request, arrays: inputs, selection, rest, source };
}

// The request with every setting that the operation has, for each axis.
function requestOf(layer, { padding }) {
  const { operation } = layer,
    request = { op: operation.name, input: layer.x_size, kernel: layer.kernel };
  for (const name of operation.settings) request[name] = layer[name];
  request.padding = typeof padding === "string" ? padding : layer.pads;
  if (padding === "same" && operation.transposed) request.output_padding = layer.kernel.map(() => 0);
  const { channels, outputs, images, bias } = layer;
  return { ...request, channels, outputs, images, bias };
}

function assemble(layer, request, inputs, selection, rest, source) {
  const { operation } = layer,
    shapes = shapesOf(layer),
    triples = flatTriples(layer, planeTriples(layer)),
    results = resultsOf(layer, shapes, inputs, triples);
  for (const [name, values] of Object.entries(rest ?? {})) results[name] = Float64Array.from(results[name], (one, at) => one + values[at]);
  const shapeOf = { ...shapes, y: shapes.dy, dx: shapes.x, dw: shapes.w, db: shapes.b, divisor: shapes.dy },
    all = { ...inputs, ...results },
    arrays = Object.fromEntries(Object.entries(all).map(([name, values]) => [name, { shape: shapeOf[name], values: Array.from(values) }]));
  const axes = Object.fromEntries(Object.entries(lettersOf(operation)).filter(([name]) => arrays[name])),
    withRest = Object.keys(rest ?? {}).filter(name => rest[name].some(Boolean));
  return {
    ...FORMAT,
    op: operation.name,
    settings: settingsAsData(layer),
    request,
    window: layer.window,
    axes,
    arrays,
    kind: operation.family === "max" ? "maximum" : "products",
    triples,
    selection,
    rest: rest && Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, Array.from(values)])),
    shape: sizesOf(layer, axes.y),
    views: viewsOf(layer, withRest),
    overlap: overlapOf(layer),
    code: codeOfLayer(layer),
    source,
  };
}

function settingsAsData(layer) {
  const { kernel, stride, pads, dilation, groups, bias, operation } = layer,
    settings = { kernel, stride, padding: pads, dilation, groups, bias };
  if (operation.transposed) settings.output_padding = layer.output_padding;
  if (operation.pools) Object.assign(settings, { ceil_mode: layer.ceil_mode, count_include_pad: layer.count_include_pad });
  return settings;
}

// The letter of each axis of each array.
function lettersOf({ axes, transposed, pools }) {
  const space = ["i", "j"].slice(-axes),
    taps = ["u", "v"].slice(-axes),
    channels = transposed ? ["c", "o"] : ["o", "c"];
  const x = ["n", "c", ...space],
    y = ["n", pools ? "c" : "o", ...["p", "q"].slice(-axes)],
    w = [...channels, ...taps];
  return { x, y, w, b: ["o"], dw: w, db: ["o"], dx: x, dy: y };
}
