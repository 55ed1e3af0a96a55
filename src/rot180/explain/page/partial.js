// Which part of a large layer is shown: one sample, one output channel and as many input channels as fit. The
// contributions of the others are kept as `rest`, so every number equals that of the whole layer. As limits.py.

import { LayerProblem } from "./problems.js";
import { countTriples, productOf } from "./triples.js";

const WHOLE = { cells: 5_000, triples: 100_000 }, // a layer up to this size is shown completely
  MOST = { cells: 25_000, triples: 250_000 }, // more than this cannot be shown
  COMPUTED = { cells: 2_000_000, triples: 200_000_000 }; // of a layer up to this size, a part is shown

// The shapes of the arrays x, w, b and dy that a layer has.
export function shapesOf(layer) {
  const { images, channels, outputs, x_size, y_size, kernel, bias, operation, wChannels } = layer,
    shapes = { x: [images, channels, ...x_size] };
  if (!operation.pools) shapes.w = [...wChannels, ...kernel];
  if (bias) shapes.b = [outputs];
  return { ...shapes, dy: [images, outputs, ...y_size] };
}

export function everything({ images, channels, outputs }) {
  const upTo = count => Array.from({ length: count }, (_, i) => i);
  return { n: upTo(images), c: upTo(channels), o: upTo(outputs) };
}

function countCells(layer) {
  return 2 * Object.values(shapesOf(layer)).reduce((sum, shape) => sum + productOf(shape), 0);
}

function fits(layer, most) {
  return countCells(layer) <= most.cells && countTriples(layer) <= most.triples;
}

// The samples and channels to show, {n, c, o}: those that the request names, or else as many as fit.
export function chooseSelection(layer, requested = {}) {
  const complete = everything(layer);
  for (const [name, numbers] of Object.entries(requested))
    if (!numbers.every(one => complete[name]?.includes(one))) throw new LayerProblem("selection", { last: (complete[name]?.length ?? 1) - 1 });
  if (!Object.keys(requested).length && fits(layer, WHOLE)) return complete;
  if (!fits(layer, COMPUTED)) throw tooLarge(layer, COMPUTED);
  const shown = { n: requested.n ?? [0], ...channelsToShow(layer, requested, complete) };
  for (const name of layer.operation.pools ? ["c"] : ["c", "o"])
    while (!requested[name] && shown[name].length > 1 && !fits(partOf(layer, shown), WHOLE)) {
      shown[name] = shown[name].slice(0, -1);
      if (layer.operation.pools) shown.o = shown.c;
    }
  const part = partOf(layer, shown);
  if (!fits(part, MOST)) throw tooLarge(part, MOST);
  return shown;
}

function tooLarge(layer, { triples, cells }) {
  const counts = { products: countTriples(layer), cells: countCells(layer), most_products: triples, most_cells: cells };
  return new LayerProblem("large", Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, count.toLocaleString("en")])));
}

// The channels to show, all in one group: the requested ones or output channel 0, and the channels of the other side.
function channelsToShow(layer, requested, complete) {
  if (layer.operation.pools) {
    const channels = requested.c ?? requested.o ?? complete.c;
    return { c: channels, o: channels };
  }
  const sizes = { c: layer.channels / layer.groups, o: layer.outputs / layer.groups },
    groups = new Set(["c", "o"].flatMap(name => (requested[name] ?? []).map(one => Math.floor(one / sizes[name]))));
  if (groups.size > 1) throw new LayerProblem("selection_groups");
  const group = groups.size ? [...groups][0] : 0,
    members = name => complete[name].slice(group * sizes[name], (group + 1) * sizes[name]);
  return { c: requested.c ?? members("c"), o: requested.o ?? (requested.c ? members("o") : [0]) };
}

// The layer of the selected samples and channels alone.
export function partOf(layer, { n, c, o }) {
  const counts = { images: n.length, channels: c.length, outputs: layer.operation.pools ? c.length : o.length };
  if (layer.operation.pools) return { ...layer, ...counts };
  const wChannels = layer.operation.transposed ? [c.length, o.length] : [o.length, c.length];
  return { ...layer, ...counts, groups: 1, window: { ...layer.window, groups: 1 }, wChannels };
}

// The planes of an array, as offsets: of x or dy the chosen ones, of w those between the chosen channels.
function planeOffset(layer, name, n, c, o) {
  const [, second, ...size] = shapesOf(layer)[name],
    plane = productOf(size);
  if (name !== "w") return (n * second + (name === "x" ? c : o)) * plane;
  return (layer.operation.transposed ? c * second + (o % second) : o * second + (c % second)) * plane;
}

// The parts of the arrays x, w, b and dy that are shown.
export function takePart(layer, arrays, { n, c, o }) {
  const shapes = shapesOf(layer),
    [first, second] = layer.operation.transposed ? [c, o] : [o, c],
    plane = (name, ...at) => arrays[name].subarray(planeOffset(layer, name, ...at), planeOffset(layer, name, ...at) + productOf(shapes[name].slice(2)));
  const part = { x: joined(n.flatMap(a => c.map(b => plane("x", a, b, 0)))), dy: joined(n.flatMap(a => o.map(b => plane("dy", a, 0, b)))) };
  if (arrays.w)
    part.w = joined(first.flatMap(a => second.map(b => (layer.operation.transposed ? plane("w", 0, a, b) : plane("w", 0, b, a)))));
  if (arrays.b) part.b = Float64Array.from(o, one => arrays.b[one]);
  return part;
}

function joined(lists) {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

// The contributions of hidden samples and channels to y, dx, dw and db, as flat lists.
export function hiddenOf(layer, arrays, planes, { n, c, o }) {
  if (layer.operation.pools) return {};
  const part = partOf(layer, { n, c, o }),
    shapes = shapesOf(part),
    members = membersOf(layer, o[0]),
    others = (all, shown) => all.filter(one => !shown.includes(one));
  const rest = { y: new Float64Array(productOf(shapes.dy)), dx: new Float64Array(productOf(shapes.x)), dw: new Float64Array(productOf(shapes.w)) };
  // Adds the products of one pair of planes: `to` is the array summed into, the offsets are those of the planes.
  const add = (to, target, into, a, b) => {
    const out = { y: planes.out, x: planes.in, w: planes.k },
      sides = { y: ["y", "x", "w"], dx: ["x", "y", "w"], dw: ["w", "y", "x"] }[target],
      [left, right] = { y: ["x", "w"], dx: ["dy", "w"], dw: ["dy", "x"] }[target];
    for (let t = 0; t < planes.k.length; t++)
      to[into + out[sides[0]][t]] += arrays[left][a + out[sides[1]][t]] * arrays[right][b + out[sides[2]][t]];
  };
  const at = (name, ...where) => planeOffset(layer, name, ...where);
  n.forEach((sample, i) => {
    o.forEach((output, j) => {
      for (const one of others(members.c, c))
        add(rest.y, "y", planeOffset(part, "dy", i, 0, j), at("x", sample, one, 0), at("w", 0, one, output));
    });
    c.forEach((channel, j) => {
      for (const one of others(members.o, o))
        add(rest.dx, "dx", planeOffset(part, "x", i, j, 0), at("dy", sample, 0, one), at("w", 0, channel, one));
    });
  });
  for (const sample of others(everything(layer).n, n))
    o.forEach((output, i) =>
      c.forEach((channel, j) => add(rest.dw, "dw", planeOffset(part, "w", 0, j, i), at("dy", sample, 0, output), at("x", sample, channel, 0))),
    );
  if (arrays.b) rest.db = hiddenOfBias(layer, arrays, others(everything(layer).n, n), o);
  return rest;
}

function hiddenOfBias(layer, { dy }, samples, outputs) {
  const size = productOf(layer.y_size);
  return Float64Array.from(outputs, o =>
    samples.reduce((sum, n) => {
      const from = planeOffset(layer, "dy", n, 0, o);
      return dy.subarray(from, from + size).reduce((a, b) => a + b, sum);
    }, 0),
  );
}

// The channels of the group that an output channel belongs to.
function membersOf(layer, output) {
  const sizes = { c: layer.channels / layer.groups, o: layer.outputs / layer.groups },
    group = Math.floor(output / sizes.o);
  return { c: everything(layer).c.slice(group * sizes.c, (group + 1) * sizes.c), o: everything(layer).o.slice(group * sizes.o, (group + 1) * sizes.o) };
}
