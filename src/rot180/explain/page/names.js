// The names of arrays and cells, and the formats of numbers.

export const NAMES = { x: "x", w: "w", b: "b", y: "y", dx: "dx", dw: "dw", db: "db", dy: "dy", divisor: "divisor" };

// The index of a flat offset in an array of this shape.
export function place(shape, offset) {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = offset % shape[axis];
    offset = Math.floor(offset / shape[axis]);
  }
  return index;
}

// The name of a cell with its index in the whole layer: "dx[0,1,1,2]", or "dx[1,2]" if there is one sample and one channel.
export function cellName(trace, name, offset) {
  const { shape } = trace.arrays[name],
    index = place(shape, offset).map((one, axis) => entryOf(trace, name, axis, one));
  return `${NAMES[name]}[${index.slice(shape.length > 2 && isSingle(trace) ? 2 : 0).join(",")}]`;
}

// True if x and y have one sample and one channel, so that these indices are always 0 and can be left out.
export function isSingle({ arrays, rest }) {
  return !rest && [arrays.x, arrays.dy].every(({ shape }) => shape[0] === 1 && shape[1] === 1);
}

// The index in the whole layer of an entry on one axis.
export function entryOf(trace, name, axis, entry) {
  const letter = trace.axes[name]?.[axis],
    whole = trace.rest && axis < 2 && trace.selection[letter]?.[entry];
  if (whole === undefined || whole === null || whole === false) return entry;
  if (axis === 0 || !name.endsWith("w")) return whole;
  const { groups = 1, channels, outputs } = trace.request; // the second axis of w is counted within the group
  return whole % Math.max((letter === "c" ? channels : outputs) / groups, 1);
}

// Formats a number in a sum: integers in full, other numbers with `digits` significant digits.
export function number(value, digits = 5) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "\u2212\u221e" : "\u221e";
  const text = Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : inDigits(value, digits);
  return text.replace(/-/g, "\u2212");
}

// A fraction never looks like an integer: it keeps its zeros, or one digit after the point.
function inDigits(value, digits) {
  const rounded = value.toPrecision(digits);
  if (rounded.includes("e")) return trim(rounded);
  if (!rounded.includes(".")) return Number.isInteger(value) ? rounded : value.toFixed(1);
  return Number.isInteger(Number(rounded)) && !Number.isInteger(value) ? rounded : trim(rounded);
}

// A number for a small cell: at most about five characters, `digits` of them after the point. A rounded number is
// recognisable: large ones have a power of ten (1.2e6), fractions keep a digit after the point.
export function short(value, digits = 2) {
  if (!Number.isFinite(value)) return number(value);
  const size = Math.abs(value),
    whole = Number.isInteger(value);
  if (size >= 99999.5 || (!whole && size >= 999.95)) return trim(value.toExponential(1)).replace(/-/g, "\u2212");
  if (whole) return number(value);
  const text = value.toFixed(size < 9.995 ? digits : 1);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212"); // "-0.0" would say too much
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
