// The trilinear form in the page: flat lists of the cells in each product, indexed by cell.
//
//   y[o] += x[i] * w[k]        dx[i] += dy[o] * w[k]        dw[k] += x[i] * dy[o]
//
// All three sums use the same list. For pooling the list has no w: an average divides each x by the divisor, and a
// maximum is the first of the largest candidates.

export const FACTORS = { y: ["x", "w"], dx: ["dy", "w"], dw: ["x", "dy"], db: ["dy"] };
export const SIDE = { x: "x", dx: "x", w: "w", dw: "w", y: "y", dy: "y" };
export const TARGETS = ["y", "dx", "dw", "db"];

export function makeSums(trace) {
  const values = {},
    shapes = {},
    lists = {},
    index = {};
  for (const [name, array] of Object.entries(trace.arrays)) {
    values[name] = Float64Array.from(array.values, one => (one === null ? NaN : one));
    shapes[name] = array.shape;
  }
  for (const side of ["y", "x", "w"]) {
    if (!trace.triples[side] || (side === "w" && !values.w)) continue;
    lists[side] = Int32Array.from(trace.triples[side]);
    index[side] = byCell(lists[side], values[side].length);
  }
  const sums = { trace, kind: trace.kind, values, shapes, lists, index, count: lists.y.length };
  sums.average = sums.kind !== "maximum" && !values.w;
  if (sums.kind === "maximum") sums.winners = Int32Array.from(values.y, (_, o) => winner(sums, o));
  return sums;
}

// Groups triples by cell: those of cell c are order[start[c]] .. order[start[c + 1] - 1].
function byCell(cells, length) {
  const start = new Int32Array(length + 1),
    order = new Int32Array(cells.length);
  for (const cell of cells) start[cell + 1]++;
  for (let cell = 0; cell < length; cell++) start[cell + 1] += start[cell];
  const next = start.slice(0, length);
  for (let t = 0; t < cells.length; t++) order[next[cells[t]]++] = t;
  return { start, order };
}

// The triples that contain a cell.
export function meeting(sums, name, cell) {
  const { start, order } = sums.index[SIDE[name]];
  return order.subarray(start[cell], start[cell + 1]);
}

function winner(sums, o) {
  let best = -1;
  for (const t of meeting(sums, "y", o)) {
    const value = sums.values.x[sums.lists.x[t]];
    if (best < 0 || value > sums.values.x[sums.lists.x[best]]) best = t;
  }
  return best;
}

// The terms of a result's cell: triples, or for db all cells of dy in the channel.
export function termsOf(sums, target, cell) {
  if (target === "db") return channelCells(sums, cell);
  const met = meeting(sums, target, cell);
  return sums.kind === "maximum" && target === "dx" ? met.filter(t => wins(sums, t)) : met;
}

export function wins(sums, t) {
  return sums.winners[sums.lists.y[t]] === t;
}

function channelCells(sums, channel) {
  const [images, channels] = sums.shapes.y,
    size = sums.values.y.length / (images * channels),
    cells = [];
  for (let n = 0; n < images; n++) for (let at = 0; at < size; at++) cells.push((n * channels + channel) * size + at);
  return cells;
}

export function channelOf(sums, o) {
  const [images, channels] = sums.shapes.y,
    size = sums.values.y.length / (images * channels);
  return Math.floor(o / size) % channels;
}

// The cells of a term's factors, [[name, cell], ...]; the second factor of an average is its divisor.
export function factorsOf(sums, target, t) {
  if (target === "db") return [["dy", t]];
  if (sums.kind === "maximum") return target === "y" ? [["x", sums.lists.x[t]]] : [["dy", sums.lists.y[t]]];
  if (sums.average) {
    const first = target === "y" ? ["x", sums.lists.x[t]] : ["dy", sums.lists.y[t]];
    return [first, ["divisor", sums.lists.y[t]]];
  }
  return FACTORS[target].map(name => [name, sums.lists[SIDE[name]][t]]);
}

export function termValue(sums, target, t) {
  const { values, lists } = sums;
  if (target === "db") return values.dy[t];
  if (sums.kind === "maximum") return target === "y" ? values.x[lists.x[t]] : values.dy[lists.y[t]];
  if (sums.average) return (target === "y" ? values.x[lists.x[t]] : values.dy[lists.y[t]]) / values.divisor[lists.y[t]];
  const [a, b] = FACTORS[target];
  return values[a][lists[SIDE[a]][t]] * values[b][lists[SIDE[b]][t]];
}

export function total(sums, target, cell) {
  if (sums.kind === "maximum" && target === "y") {
    const t = sums.winners[cell];
    return t < 0 ? -Infinity : sums.values.x[sums.lists.x[t]];
  }
  let sum = 0;
  for (const t of termsOf(sums, target, cell)) sum += termValue(sums, target, t);
  if (target === "y" && sums.values.b) sum += sums.values.b[channelOf(sums, cell)];
  return sum + restOf(sums, target, cell);
}

// The contribution of the channels and samples that are not shown.
export function restOf(sums, target, cell) {
  return sums.trace.rest?.[target]?.[cell] ?? 0;
}

// The results' cells that depend on one cell of x, w, b or dy: {y: Set, dx: Set, ...}.
export function dependants(sums, name, cell) {
  const found = {},
    { lists, values } = sums;
  const add = (target, one) => (found[target] ??= new Set()).add(one);
  if (name === "b") for (const o of channelCells(sums, cell)) add("y", o);
  else
    for (const t of meeting(sums, name, cell)) {
      if (name !== "dy") add("y", lists.y[t]);
      if (name !== "x" && values.dx) add("dx", lists.x[t]);
      if (name !== "w" && values.dw && lists.w) add("dw", lists.w[t]);
    }
  if (name === "dy" && values.db) add("db", channelOf(sums, cell));
  if (sums.kind === "maximum" && name === "x")
    for (const o of found.y ?? []) for (const t of meeting(sums, "y", o)) add("dx", lists.x[t]);
  return found;
}

// Sets a number of x, w, b or dy and updates everything that depends on it. Returns the changes,
// [{name, cell, before, after}], with the edited cell first.
export function edit(sums, name, cell, value) {
  const before = sums.values[name][cell],
    changes = [{ name, cell, before, after: value }];
  sums.values[name][cell] = value;
  const found = dependants(sums, name, cell);
  if (sums.kind === "maximum" && name === "x") for (const o of found.y ?? []) sums.winners[o] = winner(sums, o);
  for (const [target, cells] of Object.entries(found))
    for (const one of cells) {
      const old = sums.values[target][one],
        now = total(sums, target, one);
      sums.values[target][one] = now;
      if (!Object.is(old, now) && old !== now) changes.push({ name: target, cell: one, before: old, after: now });
    }
  return changes;
}
