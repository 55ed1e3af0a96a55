// The equivalent view: the same result as a plain correlation at stride 1, prepared step by step before one's eyes.

import { make, replace, still } from "./dom.js";
import { directSum, framesOf, gridValues, operands, pairsOf, productSum } from "./frames.js";
import { largest, paint } from "./grid.js";
import { NAMES, planeSize } from "./naming.js";
import { placesOf, plateOf, slide, turn } from "./plates.js";
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

// Begins anew with the planes that the target's cell belongs to.
function open(app, film, name, cell) {
  film.view = app.trace.views[name];
  film.target = name;
  film.plane = Math.floor(cell / planeSize(app.sums.shapes[name]).reduce((a, b) => a * b));
  film.frames = framesOf(film.view);
  film.pairs = pairsOf(app.sums, film.view, name, film.plane);
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
  film.pairing.hidden = count < 2;
  if (count < 2) return;
  const options = film.pairs.map((pair, at) =>
    make("option", { value: at }, `${planeLabel(app, image, pair[0])} · ${planeLabel(app, kernel, pair[1])}`),
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

function planeLabel(app, name, plane) {
  const count = app.sums.shapes[name][1];
  return `${NAMES[name]}[${Math.floor(plane / count)},${plane % count}]`;
}

function compute(app, film) {
  const { view } = film,
    [a, b] = film.pairs[film.pair] ?? [0, 0];
  const image = gridValues(app.sums, view.steps[view.image], a),
    kernel = gridValues(app.sums, view.steps[view.kernel], b);
  const step = view.steps.find(one => one.kind === "correlate");
  film.correlate = step;
  film.values = step.cells.map((row, r) => row.map((_, c) => productSum(image, kernel, r, c)));
  const base = film.plane * planeSize(app.sums.shapes[film.target]).reduce((one, two) => one * two);
  film.base = base;
  film.agrees = step.cells.every((row, r) =>
    row.every((ref, c) => {
      if (ref < 0 || !film.pairs.length) return true;
      const direct = directSum(app.sums, view, film.target, base + ref, film.pairs[film.pair]);
      return Math.abs(direct - film.values[r][c]) <= 1e-9 * Math.max(1, Math.abs(direct));
    }),
  );
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
  if (before && before.image === now.image && before.kernel === now.kernel && film.image) return mark(app, film, now);
  const moves = before && film.image && !still(),
    [a, b] = film.pairs[film.pair] ?? [0, 0],
    cell = side(app, film);
  const old = moves ? { image: placesOf(film.image), kernel: placesOf(film.kernel) } : null;
  film.image = plateOf(app, view.steps[now.image], a, widest(view, "image"), cell);
  film.kernel = plateOf(app, view.steps[now.kernel], b, widest(view, "kernel"), cell);
  film.result = resultPlate(app, film, cell);
  const sign = text => make("span", { class: "sign", "aria-hidden": "true" }, text);
  replace(film.plates, film.image.element, sign("\u2217"), film.kernel.element, sign("="), film.result.element);
  if (moves && now.kind === "rotate") turn(film.kernel);
  else if (moves && before.kernel !== now.kernel) slide(old.kernel, film.kernel);
  if (moves && before.image !== now.image) slide(old.image, film.image);
  mark(app, film, now);
}

// The widest grid that an operand has on the way, so that nothing jumps when it grows.
function widest(view, operand) {
  return view.steps
    .filter(step => step.operand === operand)
    .reduce((size, step) => [Math.max(size[0], step.shape[0]), Math.max(size[1], step.shape[1])], [0, 0]);
}

function side(app, film) {
  const columns = widest(film.view, "image")[1] + widest(film.view, "kernel")[1] + film.correlate.shape[1];
  const room = app.room() - 120,
    width = app.root.clientWidth;
  return onPhone(app)
    ? Math.max(18, Math.min(36, Math.floor((width - 40) / widest(film.view, "image")[1])))
    : Math.max(20, Math.min(40, Math.floor(room / columns)));
}

function resultPlate(app, film, cell) {
  const step = { ...film.correlate, array: film.target };
  return plateOf(app, step, film.plane, film.correlate.shape, cell, film.values);
}

// Marks the window, the kernel and the sum's cell; shows the results so far.
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
    const at = r * columns + c,
      kept = film.correlate.cells[r][c] >= 0,
      known = done || (correlating && at <= now.at);
    if (known) paint(td, film.values[r][c], scale, 1);
    else td.textContent = "";
    td.classList.toggle("unknown", !known);
    td.classList.toggle("dropped", known && !kept && (done || at < now.at));
    td.classList.toggle("target", correlating && at === now.at);
  });
  film.verdict.hidden = !done && !(correlating && now.at === film.values.length * columns - 1);
  film.verdict.textContent = app.t(film.agrees ? "verdict.agrees" : "verdict.differs", { name: NAMES[film.target] });
  film.element.dataset.agrees = String(film.agrees);
  const ref = correlating ? film.correlate.cells[row][column] : -5;
  if (ref >= 0) app.note(film.target, film.base + ref);
  else if (correlating) app.formula.blank(app.t("step.correlate.skipped"));
  app.emit("frame", film.frame);
}

function hover(app, film, event) {
  const td = event.target.closest("td");
  if (event.pointerType === "touch" || !td || !film.result?.element.contains(td)) return;
  const first = film.frames.findIndex(frame => frame.kind === "correlate");
  app.seek(first + td.at);
}
