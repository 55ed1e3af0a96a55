// The step-by-step view: a pass as a correlation at stride 1. Zeros are inserted, the kernel is rotated, then it slides.

import { make, replace, reducedMotion } from "./dom.js";
import { correlateStep, correlation, directSum, operands, pairsOf, resultValues } from "./correlation.js";
import { framesOf } from "./frames.js";
import { largest, paint } from "./grid.js";
import { NAMES, entryOf, planeSize } from "./names.js";
import { placesOf, plateOf, slide, turn } from "./plates.js";
import { channelOf } from "./sums.js";
import { onPhone } from "./width.js";

export function makeEquivalent(app) {
  const steps = make("ol", { class: "steps" }),
    words = make("p", { class: "note step-words" });
  const plates = make("div", { class: "plates" }),
    pairing = make("p", { class: "note" });
  const verdict = make("p", { class: "note verdict" });
  const element = make("div", { class: "equivalent" }, steps, words, plates, pairing, verdict);
  const film = { element, steps, words, plates, pairing, verdict, frames: [], frame: 0, pair: 0 };
  plates.addEventListener("pointerover", event => hover(app, film, event));
  return {
    element,
    get length() {
      return film.frames.length;
    },
    get frame() {
      return film.frame;
    },
    get kinds() {
      return film.frames.map(frame => frame.kind);
    },
    open(name, cell) {
      open(app, film, name, cell);
    },
    seek(frame) {
      seek(app, film, Math.max(0, Math.min(frame, film.frames.length - 1)));
    },
    refresh() {
      if (film.view) {
        compute(app, film);
        draw(app, film, null);
      }
    },
  };
}

// Starts from the first frame, with the planes that the target's cell belongs to.
function open(app, film, name, cell) {
  film.view = app.trace.views[name];
  film.target = name;
  film.plane = Math.floor(cell / planeSize(app.sums.shapes[name]).reduce((a, b) => a * b));
  film.frames = framesOf(film.view);
  film.base = film.plane * planeSize(app.sums.shapes[name]).reduce((a, b) => a * b);
  film.correlate = correlateStep(film.view);
  film.pairs = pairsOf(app.sums, film.view, name, film.plane);
  if (!film.pairs.length) film.pairs = [[0, 0]]; // no cells meet: every product is with a zero
  film.pair = 0;
  film.frame = 0;
  replace(
    film.steps,
    chapters(film).map(([frame, kind], at) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", "data-kind": kind, onclick: () => app.seek(frame) },
          make("span", { class: "at" }, String(at + 1)),
          app.t(`step.${kind}`),
        ),
      ),
    ),
  );
  choosePair(app, film);
  compute(app, film);
  draw(app, film, null);
}

// The first frame of each step: [[frame, kind], ...].
function chapters(film) {
  return film.frames
    .map((frame, at) => [at, frame.kind])
    .filter(([at, kind]) => !at || film.frames[at - 1].kind !== kind);
}

function choosePair(app, film) {
  const [image, kernel] = operands(film.view),
    count = film.pairs.length;
  if (count < 2) return;
  const options = film.pairs.map((pair, at) =>
    make("option", { value: at }, `${planeLabel(app, image, pair[0])} \u22c6 ${planeLabel(app, kernel, pair[1])}`),
  );
  const select = make(
    "select",
    {
      "aria-label": app.t("pair.label"),
      onchange: () => {
        film.pair = Number(select.value);
        compute(app, film);
        draw(app, film, null);
      },
    },
    options,
  );
  replace(film.pairing, app.t("pair.label"), " ", select, " ", app.t("pair.others", { count: count - 1 }));
}

// The name of a plane with its indices in the whole layer, x[0,18].
function planeLabel(app, name, plane) {
  const count = app.sums.shapes[name][1],
    at = [Math.floor(plane / count), plane % count];
  return `${NAMES[name]}[${at.map((one, axis) => entryOf(app.trace, name, axis, one)).join(",")}]`;
}

// Correlates the chosen pair of planes and compares the result with the direct sums.
function compute(app, film) {
  film.correlations = [];
  const values = correlationOf(app, film, film.pair);
  film.agrees = film.correlate.cells.every((row, r) =>
    row.every((ref, c) => {
      if (ref < 0) return true;
      const direct = directSum(app.sums, film.view, film.target, film.base + ref, film.pairs[film.pair]);
      return nearlyEqual(values[r][c], direct);
    }),
  );
}

function correlationOf(app, film, pair) {
  return (film.correlations[pair] ??= correlation(app.sums, film.view, film.pairs[pair]));
}

function nearlyEqual(value, expected) {
  return Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}

// The result's numbers at a frame; the other pairs of planes are correlated when their sum is shown.
function valuesAt(app, film, frame) {
  const { view, target, base, pair } = film,
    pairs = addsAllPairs(view, frame) ? film.pairs.keys() : [pair];
  for (const one of pairs) correlationOf(app, film, one);
  return resultValues(app.sums, view, frame.result, target, base, film.correlations, pair);
}

function seek(app, film, frame) {
  const before = film.frames[film.frame];
  if (frame === film.frame && film.drawn) return;
  film.frame = frame;
  draw(app, film, before);
}

function draw(app, film, before) {
  const now = film.frames[film.frame],
    { view } = film;
  film.drawn = true;
  for (const button of film.steps.querySelectorAll("button"))
    button.setAttribute("aria-current", button.dataset.kind === now.kind ? "step" : "false");
  film.words.textContent = app.t(`step.${now.kind}.words`, {
    name: NAMES[operands(view)[now.kind === "dilate" || now.kind === "rotate" ? 1 : 0]],
  });
  if (before && film.image && ["image", "kernel", "result"].every(part => before[part] === now[part]))
    return mark(app, film, now);
  const moves = before && film.image && !reducedMotion(),
    [a, b] = film.pairs[film.pair],
    cell = side(app, film);
  const old = moves ? { image: placesOf(film.image), kernel: placesOf(film.kernel) } : null;
  film.image = plateOf(app, view.steps[now.image], a, widest(view, "image"), cell);
  film.kernel = plateOf(app, view.steps[now.kernel], b, widest(view, "kernel"), cell);
  film.values = valuesAt(app, film, now);
  const result = view.steps[now.result];
  film.result = plateOf(app, { ...result, array: film.target }, film.plane, result.shape, cell, film.values);
  film.pairing.hidden = film.pairs.length < 2 || addsAllPairs(view, now);
  replace(
    film.plates,
    addsAllPairs(view, now) && sign("\u03a3", "sum"),
    [film.image.element, sign("\u22c6", "star"), film.kernel.element],
    now.kind === "bias" && [sign("+"), biasPlate(app, film, cell).element],
    [sign("="), film.result.element],
  );
  if (moves && now.kind === "rotate") turn(film.kernel);
  else if (moves && before.kernel !== now.kernel) slide(old.kernel, film.kernel);
  if (moves && before.image !== now.image) slide(old.image, film.image);
  mark(app, film, now);
}

function sign(text, kind = "") {
  return make("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text);
}

function addsAllPairs(view, frame) {
  return view.steps.slice(0, frame.result + 1).some(step => step.kind === "sum");
}

// The largest grid that an operand has in any step: this much room is kept for it, so that nothing moves when it grows.
function widest(view, operand) {
  return view.steps
    .filter(step => step.operand === operand)
    .reduce((size, step) => [Math.max(size[0], step.shape[0]), Math.max(size[1], step.shape[1])], [0, 0]);
}

// The side of a cell in pixels, so that all grids, and the signs and gaps between them, fit beside one another; if they
// would be too small, so that each fits into a line of its own.
function side(app, film) {
  const has = kind => film.view.steps.some(step => step.kind === kind),
    columns = widest(film.view, "image")[1] + widest(film.view, "kernel")[1] + film.correlate.shape[1] + (has("bias") ? 1 : 0);
  const room = app.room() - 135 - (has("bias") ? 70 : 0) - (has("sum") ? 42 : 0),
    width = app.root.clientWidth;
  const alone = Math.max(widest(film.view, "image")[1], widest(film.view, "kernel")[1], film.correlate.shape[1]),
    beside = Math.floor(room / columns);
  if (onPhone(app)) return Math.max(8, Math.min(36, Math.floor((width - 40) / alone)));
  return beside >= 20 ? Math.min(40, beside) : Math.max(8, Math.min(20, Math.floor((app.room() - 20) / alone)));
}

function biasPlate(app, film, cell) {
  const channel = channelOf(app.sums, film.base),
    bias = app.sums.values.b[channel];
  const plate = plateOf(app, { array: "b", shape: [1, 1], cells: [[channel]] }, 0, [1, 1], cell, [[bias]]);
  plate.each(td => {
    paint(td, bias, Math.abs(bias) || 1, 1);
    td.classList.add("orange");
  });
  return plate;
}

// Marks the window, the kernel and the cell that is computed; shows the results so far.
function mark(app, film, now) {
  const [, columns] = film.correlate.shape,
    correlating = now.kind === "correlate",
    done = now.at === Infinity;
  const row = correlating ? Math.floor(now.at / columns) : -9,
    column = correlating ? now.at % columns : -9;
  const [rows, width] = film.view.steps[film.view.kernel].shape;
  film.image.each((td, r, c) => {
    td.classList.toggle("blue", correlating && r >= row && r < row + rows && c >= column && c < column + width);
  });
  film.kernel.each(td => td.classList.toggle("orange", correlating));
  const scale = largest(film.values.flat());
  film.result.each((td, r, c) => {
    const known = done || (correlating && td.at <= now.at);
    if (known) paint(td, film.values[r][c], scale, 1);
    else td.textContent = "";
    td.classList.toggle("unknown", !known);
    td.classList.toggle("dropped", correlating && td.ref < 0 && td.at < now.at);
    td.classList.toggle("target", correlating && td.at === now.at);
  });
  showVerdict(app, film);
  const ref = correlating ? film.correlate.cells[row][column] : -5;
  if (ref >= 0) app.note(film.target, film.base + ref);
  else if (correlating) app.formula.blank(app.t("step.correlate.skipped"));
  app.emit("frame", film.frame);
}

// At the last frame, shows whether the result equals the array of the pass.
function showVerdict(app, film) {
  const last = film.frame === film.frames.length - 1;
  if (last)
    film.agrees &&= film.result.cells.every(
      ([td, r, c]) => td.ref < 0 || nearlyEqual(film.values[r][c], app.sums.values[film.target][film.base + td.ref]),
    );
  film.verdict.hidden = !last;
  film.verdict.textContent = app.t(film.agrees ? "verdict.agrees" : "verdict.differs", { name: NAMES[film.target] });
  film.element.dataset.agrees = String(film.agrees);
}

function hover(app, film, event) {
  const td = event.target.closest("td");
  if (event.pointerType === "touch" || !td || !film.result?.element.contains(td)) return;
  const first = film.frames.findIndex(frame => frame.kind === "correlate"),
    refs = film.correlate.cells.flat();
  app.seek(first + (film.frames[film.frame].at === Infinity ? refs.indexOf(td.ref) : td.at));
}
