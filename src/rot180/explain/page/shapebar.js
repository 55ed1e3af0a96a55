// The output size: its formula with numbers, and the padded axis with the cells that no window covers.

import { make, replace } from "./dom.js";

const LONGEST_STRIP = 40,
  KERNEL_AXES = { 1: ["o", "c", "v"], 2: ["o", "c", "u", "v"] };

export function makeShapeBar(app) {
  const element = make("section", { class: "shape", "aria-label": app.t("shape.label") });
  return {
    element,
    update() {
      const seen = new Set(),
        lines = [];
      app.trace.shape.forEach((one, axis) => {
        const text = one.numbers + one.unused + String(app.trace.settings.padding?.[axis]);
        if (!seen.has(text)) lines.push(axisOf(app, one, axis));
        seen.add(text);
      });
      replace(element, make("h2", {}, app.t("shape.title")), lines);
    },
  };
}

function axisOf(app, one, axis) {
  const [, result] = one.numbers.split(/ = (?=[^=]*$)/),
    exact = Number(one.exact);
  const words = [];
  if (Number.isFinite(exact) && !Number.isInteger(exact))
    words.push(app.t("shape.rounding", { exact: Number(exact.toFixed(3)), size: result ?? "" }));
  if (one.unused > 0 && !app.trace.op.includes("transpose")) words.push(app.t("shape.unused", { count: one.unused }));
  return make(
    "div",
    { class: "axis" },
    make("p", { class: "size-formula" }, pretty(inWords(app, one.formula))),
    make("p", { class: "size-formula" }, make("span", { class: "soft" }, pretty(one.numbers))),
    make(
      "p",
      { class: "size-formula" },
      make("span", { class: "soft" }, app.t("shape.rule")),
      " ",
      make("span", { class: "rule" }, indexRule(app, axis)),
    ),
    strip(app, axis, one.unused),
    words.length ? make("p", { class: "note" }, words.join(" ")) : null,
  );
}

// The index rule of an axis, e.g. "h = 2p + r − 1": the wide side's index from the narrow side's and the kernel's.
function indexRule(app, axis) {
  const {
      axes,
      op,
      window: { stride, dilation, padding },
    } = app.trace,
    transposed = op.includes("transpose");
  const [wide, narrow] = transposed ? [axes.y, axes.x] : [axes.x, axes.y],
    tap = (axes.w ?? KERNEL_AXES[stride.length])[axis + 2];
  const times = (factor, name) => (factor === 1 ? name : `${factor}${name}`),
    before = padding[axis];
  const sum = `${times(stride[axis], narrow[axis + 2])} + ${times(dilation[axis], tap)}`;
  return `${wide[axis + 2]} = ${sum}${before ? ` \u2212 ${before}` : ""}`;
}

// The formula with the settings in the reader's language.
function inWords(app, formula) {
  return formula.replace(/[a-z_]{5,}/g, word => (["floor"].includes(word) ? word : app.t(`size.${word}`)));
}

function pretty(text) {
  return text.replace(/\*/g, "\u00b7").replace(/ - /g, " \u2212 ");
}

// The wide side's axis as small squares: padding, cells, and cells that no window covers.
function strip(app, axis, unused) {
  const { x_size: sizes } = app.trace.window,
    [before, after] = app.trace.settings.padding[axis] ?? [0, 0];
  const total = before + sizes[axis] + after;
  if (total > LONGEST_STRIP || app.trace.op.includes("transpose")) return null;
  const cells = Array.from({ length: total }, (_, i) => {
    const kind = i < before || i >= before + sizes[axis] ? "padding" : "cell";
    return make("i", { class: i >= total - unused ? `${kind} beyond` : kind });
  });
  return make(
    "div",
    {
      class: "strip",
      role: "img",
      "aria-label": app.t("shape.strip", { before, size: sizes[axis], after, count: unused }),
    },
    cells,
  );
}
