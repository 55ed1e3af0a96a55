// How arrays, cells and numbers are written.

export const NAMES = { x: "x", w: "w", b: "b", y: "y", dx: "dX", dw: "dW", db: "db", dy: "dy", divisor: "divisor" };

// The place of a flat offset in an array of this shape, as a list of indices.
export function place(shape, offset) {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = offset % shape[axis];
    offset = Math.floor(offset / shape[axis]);
  }
  return index;
}

// The name of a cell, "dX[0,0,1,2]": where only some channels are pictured, with their numbers in the whole layer.
export function cellName(trace, name, offset) {
  const index = place(trace.arrays[name].shape, offset);
  return `${NAMES[name]}[${index.map((one, axis) => entryOf(trace, name, axis, one)).join(",")}]`;
}

// The number in the whole layer of an entry of one of the first two axes.
export function entryOf(trace, name, axis, entry) {
  const letter = trace.axes[name]?.[axis],
    whole = trace.rest && axis < 2 && trace.pictured[letter]?.[entry];
  if (whole === undefined || whole === null || whole === false) return entry;
  if (axis === 0 || !name.endsWith("w")) return whole;
  const { groups = 1, channels, outputs } = trace.request; // the second axis of w counts within the group
  return whole % Math.max((letter === "c" ? channels : outputs) / groups, 1);
}

// A number in full enough for a sum: whole numbers whole, others to `digits` significant digits.
export function number(value, digits = 5) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "\u2212\u221e" : "\u221e";
  const text = Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : trim(value.toPrecision(digits));
  return text.replace(/-/g, "\u2212");
}

// A number for a small cell: at most about five characters, `digits` of them after the point.
export function short(value, digits = 2) {
  if (!Number.isFinite(value)) return number(value);
  const size = Math.abs(value);
  if (size >= 99999.5) return number(Number(value.toExponential(0)), 1);
  if (Number.isInteger(value)) return number(value);
  return value.toFixed(size < 9.995 ? digits : size < 99.95 ? 1 : 0).replace("-", "\u2212");
}

function trim(text) {
  const [mantissa, exponent] = text.split("e");
  const kept = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? kept : `${kept}e${exponent.replace("+", "")}`;
}

// [rows, columns] of one plane of an array; a layer of one axis has planes of one row.
export function planeSize(shape) {
  if (shape.length === 1) return [1, shape[0]];
  return shape.length === 3 ? [1, shape[2]] : [shape[2], shape[3]];
}
