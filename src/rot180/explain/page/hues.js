// Each weight of a kernel has its own colour and letter. The colour is interpolated between four corner colours. A cell
// that is multiplied by the weight is tinted in the same colour.

import { place } from "./names.js";

const CORNERS = [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167]], // Okabe-Ito: top left, top right, bottom left, bottom right
  looks = new WeakMap(), // the looks of each trace's weights, by place in the kernel
  LETTERS = "abcdefghijklmnopqrstuvwxyz";

// {hue: "r g b", letter} of a cell of w or dw; the letter is empty for kernels with more cells than letters.
export function weightLook(trace, cell) {
  const { shape } = trace.arrays.w,
    taps = shape.slice(2).reduce((a, b) => a * b, 1);
  if (!looks.has(trace)) looks.set(trace, Array.from({ length: taps }, (_, tap) => lookAt(shape, tap)));
  return looks.get(trace)[cell % taps];
}

function lookAt(shape, cell) {
  const size = shape.slice(2),
    [, , ...at] = place(shape, cell),
    [row, column] = at.length === 2 ? at : [0, at[0]],
    [rows, columns] = size.length === 2 ? size : [1, size[0]];
  const down = rows > 1 ? row / (rows - 1) : 0,
    across = columns > 1 ? column / (columns - 1) : 0;
  const shares = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across];
  const hue = [0, 1, 2].map(part => Math.round(CORNERS.reduce((sum, corner, i) => sum + corner[part] * shares[i], 0)));
  const number = row * columns + column;
  return { hue: hue.join(" "), letter: rows * columns <= LETTERS.length ? LETTERS[number] : "" };
}
