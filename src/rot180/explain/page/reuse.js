// Which of the user's arrays still fit after a setting changes, so that they are kept.

import { nested } from "./editing.js";

const KEPT = {
  stride: ["x", "w", "b"],
  padding: ["x", "w", "b"],
  dilation: ["x", "w", "b"],
  output_padding: ["x", "w", "b"],
  input: ["w", "b"],
  kernel: ["x", "b"],
  images: ["w", "b"],
  bias: ["x", "w", "dy"],
};

// The arrays that keep their shape when a setting changes.
export function keptBy(setting) {
  return Object.hasOwn(KEPT, setting) ? KEPT[setting] : [];
}

// The arrays that keep their shape when the operation changes. Transposing swaps the first two axes of w, so w is kept
// only if they are equal.
export function keptByOperation(from, to, { channels, outputs }) {
  if (from.slice(-2) !== to.slice(-2)) return [];
  if (from.includes("pool") || to.includes("pool")) return ["x"];
  const same = from.includes("transpose") === to.includes("transpose") || channels === outputs;
  return same ? ["x", "w", "b"] : ["x", "b"];
}

// The user's own arrays among `names`, as {name: nested lists}.
export function ownArrays(app, names) {
  const own = new Set([...app.state.edited, ...(app.trace.request.user_arrays ?? [])]),
    arrays = {};
  for (const name of names)
    if (own.has(name) && app.sums.values[name])
      arrays[name] = nested(app.sums.shapes[name], Array.from(app.sums.values[name]));
  return arrays;
}
