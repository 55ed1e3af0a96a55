// The explanation of one cell: for y, dx, dw and db the terms that add up to it; for x, w, b and dy the sums of the
// current pass that use it.

import { weightLook } from "./hues.js";
import { FACTORS, SIDE, TARGETS, channelOf, dependants, factorsOf, meeting, termValue, termsOf, wins } from "./sums.js";

const BADGES = 36,
  TINTED = 300, // terms; the tint of more, nearly all cells, says nothing and takes long to draw
  MANY = 100000;
export const PASS_OF = { y: "y", dx: "dx", dw: "dw", db: "dw" };
const PASSES_OF = { x: ["y", "dw"], w: ["dx", "y"], b: ["y"], dy: ["dx", "dw"] };

// The pass in which a cell is explained: a result's own pass, or the current one if it uses the array.
export function passFor(sums, name, pass) {
  if (PASS_OF[name]) return PASS_OF[name];
  const fitting = PASSES_OF[name].filter(one => sums.values[one]);
  return fitting.includes(pass) ? pass : fitting[0];
}

export function roleOf(name) {
  return name === "w" || name === "b" ? "orange" : "blue";
}

// {target, cell, terms: [{factors: [[name, cell]..], value, into?: cell}], marks, reverse}
export function explain(sums, name, cell, pass) {
  return TARGETS.includes(name) ? made(sums, name, cell) : feeds(sums, name, cell, passFor(sums, name, pass));
}

function made(sums, target, cell) {
  const found = termsOf(sums, target, cell),
    terms = [],
    marks = [{ name: target, cell, role: "target" }];
  const badges = found.length <= BADGES && found.length > 1;
  let at = 0;
  for (const t of found) {
    const factors = factorsOf(sums, target, t),
      { hue, letter } = target === "db" || found.length > TINTED ? {} : lookOf(sums, t);
    const badge = badges ? (target === "dw" ? String(++at) : letter || String(++at)) : "",
      won = sums.kind === "maximum" && target === "y" ? wins(sums, t) : undefined;
    terms.push({ factors, value: termValue(sums, target, t), won, hue });
    for (const [name, one] of factors)
      marks.push({ name, cell: one, role: won === false ? "lost" : won ? "won" : roleOf(name), badge, hue });
    if (won) marks.push({ name: "dx", cell: sums.lists.x[t], role: "won" }); // its gradient goes there
    if (sums.kind === "maximum" && target === "dx") marks.push({ name: "y", cell: sums.lists.y[t], role: "fed" });
  }
  if (sums.kind === "maximum" && target === "dx" && found.length) marks.push({ name: "x", cell, role: "won" });
  const bias = target === "y" && sums.values.b ? channelOf(sums, cell) : null;
  if (bias !== null) {
    terms.push({ factors: [["b", bias]], value: sums.values.b[bias] });
    marks.push({ name: "b", cell: bias, role: "orange" });
  }
  return { reverse: false, name: target, target, cell, terms, marks };
}

function feeds(sums, name, cell, pass) {
  const terms = [],
    marks = [{ name, cell, role: "source" }];
  if (name === "b") {
    for (const o of dependants(sums, "b", cell).y ?? [])
      terms.push({ into: o, factors: [["b", cell]], value: sums.values.b[cell] });
  } else
    for (const t of meeting(sums, name, cell)) {
      const into = sums.lists[SIDE[pass]][t];
      if (sums.kind === "maximum" && pass === "dx" && !wins(sums, t)) continue;
      const won = sums.kind === "maximum" && pass === "y" ? wins(sums, t) : undefined;
      terms.push({ into, factors: factorsOf(sums, pass, t), value: termValue(sums, pass, t), won, hue: lookOf(sums, t).hue });
    }
  const badges = terms.length <= BADGES && terms.length > 1;
  if (terms.length > TINTED) for (const term of terms) term.hue = undefined;
  terms.slice(0, MANY).forEach((term, at) => {
    const badge = badges ? String(at + 1) : "";
    marks.push({ name: pass, cell: term.into, role: term.won ? "won" : "fed", badge, hue: term.hue });
    for (const [other, one] of term.factors)
      if (other !== name) marks.push({ name: other, cell: one, role: roleOf(other), badge, hue: term.hue });
  });
  return { reverse: true, name, target: pass, cell, terms, marks };
}

// The colour and the letter of the weight in a triple.
function lookOf(sums, t) {
  return t !== undefined && sums.lists.w && t < sums.lists.w.length ? weightLook(sums.trace, sums.lists.w[t]) : {};
}

// The panels that take part in a pass and their roles: {panel: role}.
export function parts(sums, pass) {
  const found = { [pass]: "target" };
  for (const name of FACTORS[pass]) if (sums.values[name]) found[name] = roleOf(name);
  if (pass === "y" && sums.values.b) found.b = "orange";
  if (pass === "dw" && sums.values.db) found.db = "target";
  return found;
}
