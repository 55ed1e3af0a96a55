// Generates the arrays that the user did not enter. values.py generates the same values: both hash the seed, the name
// of the array and the flat index with 32-bit integers. So a link shows the same numbers everywhere.

const ARRAY_ORDER = ["x", "w", "b", "dy"],
  GOLDEN = 0x9e3779b9;
const INTEGERS = { x: [-2, -1, 0, 1, 2, 3, 4], w: [-3, -2, -1, 1, 2, 3], b: [-2, -1, 1, 2], dy: [-2, -1, 1, 2, 3] }; // no weight is 0, which would hide a product

function hash(value) {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

// The numbers of an array of this shape, in order: "integers", "random" (normal, two decimals) or "impulse".
export function drawNumbers(kind, seed, name, shape) {
  const length = shape.reduce((a, b) => a * b, 1);
  if (kind === "impulse") return impulse(name, shape, length);
  const low = seed % 2 ** 32,
    high = Math.floor(seed / 2 ** 32),
    key = hash(hash(low + GOLDEN * (ARRAY_ORDER.indexOf(name) + 1)) ^ high);
  if (kind === "integers") {
    const choices = INTEGERS[name];
    return Float64Array.from({ length }, (_, at) => choices[hash(key + at) % choices.length]);
  }
  return Float64Array.from({ length }, (_, at) => normal(key, at));
}

// The sum of twelve random bytes has nearly a normal distribution.
function normal(key, at) {
  let sum = 0;
  for (let part = 0; part < 3; part++) {
    const h = hash(key + 3 * at + part);
    sum += (h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24);
  }
  return Math.floor((sum / 255 - 6) * 100 + 0.5) / 100;
}

// x and dy are 1 in the middle of every channel, w counts from 1: the results show where the kernel is added.
function impulse(name, shape, length) {
  if (name === "w") return Float64Array.from({ length }, (_, at) => at + 1);
  const values = new Float64Array(length),
    size = shape.slice(2).reduce((a, b) => a * b, 1),
    middle = shape.slice(2).reduce((at, side) => at * side + Math.floor(side / 2), 0);
  if (name !== "b") for (let first = 0; first < length; first += size) values[first + middle] = 1;
  return values;
}
