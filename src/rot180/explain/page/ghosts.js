// Draws padding around the cells of the array that the window slides over, in the passes that pad this array.

import { equationOf } from "./equations.js";

// Draws [before, after] cells of padding on each axis around every plane of a panel; none in the other passes.
export function drawPadding(trace, pass, panel) {
  const pads = paddingAround(trace, pass, panel.name);
  for (const holder of panel.body.querySelectorAll(".plane")) {
    const [[top, bottom], [left, right]] = pads;
    holder.classList.toggle("padded", Boolean(top + bottom + left + right));
    for (const [side, count] of Object.entries({ top, bottom, left, right })) holder.style.setProperty(`--pad-${side}`, count);
  }
}

// [[top, bottom], [left, right]] of an array in a pass.
export function paddingAround({ op, settings, window }, pass, name) {
  const none = [[0, 0], [0, 0]],
    axes = settings.kernel.length,
    all = list => (axes === 1 ? [[0, 0], ...list] : list),
    transposed = op.includes("transpose"),
    pools = op.includes("pool");
  const [wide, narrow] = transposed ? ["dy", "x"] : ["x", "dy"],
    { turned } = equationOf({ op, arrays: {} }, pass);
  if (name === wide && (pass === "dw" || pass === (transposed ? "dx" : "y"))) return all(settings.padding);
  // The turned kernel reaches over the border of the narrow side; with a stride, zeros stand between the cells instead.
  if (name !== narrow || !turned || pools || settings.stride.some(step => step > 1)) return none;
  const borders = settings.kernel.map((taps, axis) => {
    const before = settings.dilation[axis] * (taps - 1) - settings.padding[axis][0];
    return [Math.max(before, 0), Math.max(window.x_size[axis] + settings.dilation[axis] * (taps - 1) - before - window.y_size[axis], 0)];
  });
  return all(borders);
}
