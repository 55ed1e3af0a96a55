// The formula of each axis of the output in words and in numbers, and the products in each output cell of a transposed
// layer. As size_formulas.py and overlap.py.

import { spanOf } from "./geometry.js";
import { countsAlong } from "./triples.js";

// One entry for each axis: {axis, formula, numbers, exact, unused}; `axis` is the letter of the output's index.
export function sizesOf(layer, letters) {
  return layer.kernel.map((_, axis) => ({
    axis: letters[axis + 2],
    ...(layer.operation.transposed ? upward(layer, axis) : downward(layer, axis)),
    unused: Math.max(layer.window.x_size[axis] + layer.pads[axis][0] + layer.pads[axis][1] - spanOf(layer.window, axis), 0),
  }));
}

// The padding in words and in numbers, with a sign between unequal sides.
function paddingOf([before, after], sign) {
  return before === after ? ["2*padding", `2*${before}`] : [`padding_before ${sign} padding_after`, `${before} ${sign} ${after}`];
}

function upward({ x_size, y_size, kernel, stride, dilation, output_padding, pads }, axis) {
  const [words, numbers] = paddingOf(pads[axis], "-");
  return {
    formula: `output = (input - 1)*stride - ${words} + dilation*(kernel - 1) + output_padding + 1`,
    numbers: `(${x_size[axis]} - 1)*${stride[axis]} - ${numbers} + ${dilation[axis]}*(${kernel[axis]} - 1) + ${output_padding[axis]} + 1 = ${y_size[axis]}`,
    exact: y_size[axis],
  };
}

function downward({ x_size, y_size, kernel, stride, dilation, pads, ceil_mode }, axis) {
  const [words, numbers] = paddingOf(pads[axis], "+"),
    s = stride[axis],
    room = x_size[axis] + pads[axis][0] + pads[axis][1] - dilation[axis] * (kernel[axis] - 1) - 1,
    late = ceil_mode && Math.ceil(room / s) + 1 > y_size[axis] ? " - 1" : "", // a window in the padding after x is dropped
    rounding = ceil_mode ? "ceil" : "floor";
  return {
    formula: `output = ${rounding}((input + ${words} - dilation*(kernel - 1) - 1) / stride) + 1${late}`,
    numbers: `${rounding}((${x_size[axis]} + ${numbers} - ${dilation[axis]}*(${kernel[axis]} - 1) - 1) / ${s}) + 1${late} = ${y_size[axis]}`,
    exact: room / s + 1,
  };
}

// {counts, uneven, advice} for one channel of x; null if the layer is not transposed.
export function overlapOf(layer) {
  if (!layer.operation.transposed) return null;
  const axes = layer.kernel.map((_, axis) => countsAlong(layer, axis)),
    [rows, columns] = axes.length === 2 ? axes : [[1], axes[0]];
  const uneven = layer.kernel.some((taps, axis) => {
    const phases = Array.from({ length: layer.stride[axis] }, () => 0);
    for (let k = 0; k < taps; k++) phases[(layer.dilation[axis] * k) % layer.stride[axis]]++;
    return new Set(phases).size > 1;
  });
  return { counts: rows.map(row => columns.map(one => row * one)), uneven, advice: uneven ? "overlap.uneven" : "overlap.even" };
}
