// Animates the kernel: it lifts, rotates if the pass rotates it, and lands on the cells that it is multiplied by. Then
// the products fly into the sum. The animation plays once when the page opens, and on demand.

import { make, reducedMotion } from "./dom.js";
import { equationOf } from "./equations.js";
import { explain } from "./explanation.js";

const DURATION = 3000,
  LIFT = 0.12, // the times of the parts, as shares of the duration
  TURNED = 0.5,
  LANDED = 0.72,
  ADDED = 0.86,
  SAMPLES = 12; // points on the arc of the turn

// True if the shown cell is a sum whose terms all have a weight.
export function canMove(app) {
  const [name, cell] = app.state.shown ?? [];
  if (!["y", "dx"].includes(name) || name !== app.state.chosen || !app.sums.values.w || app.state.view !== "direct") return false;
  const { terms } = explain(app.sums, name, cell, app.state.pass);
  return terms.length > 1 && terms.length <= 36 && app.trace.arrays.w.shape[0] * app.trace.arrays.w.shape[1] === 1;
}

export function playMotion(app) {
  if (!canMove(app) || reducedMotion()) return;
  const [name, cell] = app.state.shown,
    { panels } = app.stage,
    { turned } = equationOf(app.trace, name),
    { terms } = explain(app.sums, name, cell, app.state.pass);
  stopMotion(app);
  const layer = make("div", { class: "flying", "aria-hidden": "true" }),
    origin = app.root.getBoundingClientRect(),
    centreOf = td => {
      const box = td.getBoundingClientRect();
      return [box.left + box.width / 2 - origin.left, box.top + box.height / 2 - origin.top];
    };
  const pairs = terms.filter(({ factors }) => factors.length === 2).map(({ factors: [[partner, at], [, weight]] }) => [panels.w.cells[weight], panels[partner].cells[at]]),
    pivot = centreOf(panels.w.body),
    goal = centreOf(panels[name].cells[cell]);
  app.root.append(layer);
  app.flying = layer;
  const moves = pairs.map(([weight, partner]) => {
    const flyer = flyerOf(weight),
      path = pathOf(centreOf(weight), centreOf(partner), pivot, goal, turned);
    layer.append(flyer);
    return flyer.animate(path, { duration: DURATION, easing: "linear", fill: "both" }).finished;
  });
  Promise.all(moves).then(() => layer.remove(), () => {});
}

export function stopMotion(app) {
  app.flying?.remove();
  app.flying = null;
}

// A copy of a weight's cell; its digits stay upright.
function flyerOf(td) {
  const { width, height } = td.getBoundingClientRect(),
    style = { width: `${width}px`, height: `${height}px`, "--own": td.style.getPropertyValue("--own"), "font-size": getComputedStyle(td).fontSize };
  return make("b", { style }, td.textContent);
}

// Keyframes from the kernel over the arc to the partner and into the sum; points are centres of cells.
function pathOf(from, to, [x, y], goal, turned) {
  const [dx, dy] = [from[0] - x, from[1] - y],
    place = ([left, top], scale = 1) => `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) translate(-50%, -50%) scale(${scale})`,
    frames = [{ offset: 0, transform: place(from), opacity: 1 }, { offset: LIFT, transform: place(from, 1.08), opacity: 1 }];
  for (let i = 1; turned && i <= SAMPLES; i++) {
    const angle = (Math.PI * i) / SAMPLES,
      at = [x + dx * Math.cos(angle) - dy * Math.sin(angle), y + dx * Math.sin(angle) + dy * Math.cos(angle)];
    frames.push({ offset: LIFT + ((TURNED - LIFT) * i) / SAMPLES, transform: place(at, 1.08), opacity: 1 });
  }
  return [
    ...frames,
    { offset: LANDED, transform: place(to), opacity: 1 },
    { offset: ADDED, transform: place(to), opacity: 1 },
    { offset: 1, transform: place(goal, 0.4), opacity: 0 },
  ];
}
