// Each pass as an equation of arrays: y = x ⋆ w, dw = x ⋆ dy, dx = dy ⋆ w turned. ⋆ is the sign of correlation.

const STAR = "\u22c6";

// {terms: [[array, sign before it], ...], result}: the arrays of a pass from left to right. `turned` is true if the
// kernel is rotated by 180 degrees.
export function equationOf({ op, arrays }, pass) {
  const transposed = op.includes("transpose"),
    pools = op.includes("pool");
  const first = { y: "x", dx: "dy", dw: transposed ? "dy" : "x" }[pass],
    second = { y: "w", dx: "w", dw: transposed ? "x" : "dy" }[pass],
    terms = pools ? [[first, ""]] : [[first, ""], [second, STAR]];
  if (pass === "y" && arrays.b) terms.push(["b", "+"]);
  return { terms, result: pass, turned: !pools && pass === (transposed ? "y" : "dx"), sign: pools ? "\u2192" : "=" };
}

// The names of the arrays in the equation of a pass.
export function inEquation(trace, pass) {
  const { terms, result } = equationOf(trace, pass);
  return [...terms.map(([name]) => name), result];
}
