// Editing a number of x, w, b or dy in its cell: Enter saves it, Esc cancels.

import { make } from "./dom.js";
import { cellName } from "./names.js";
import { edit } from "./sums.js";

export const EDITABLE = ["x", "w", "b", "dy"];

export function makeEditing(app) {
  return ([name, cell]) => {
    if (!EDITABLE.includes(name)) return app.say(app.t("edit.computed", { name: cellName(app.trace, name, cell) }));
    const td = app.stage.panels[name].cells[cell];
    if (td.querySelector("input")) return;
    beginEdit(app, td, name, cell);
  };
}

function beginEdit(app, td, name, cell) {
  const old = td.textContent,
    input = make("input", {
      class: "edit",
      inputmode: "text",
      autocomplete: "off",
      spellcheck: "false",
      value: String(app.sums.values[name][cell]),
      "aria-label": app.t("edit.label", { name: cellName(app.trace, name, cell) }),
    });
  let over = false;
  const close = (keep, refocus) => {
    if (over) return;
    const value = parse(input.value);
    if (keep && value === null) {
      input.setAttribute("aria-invalid", "true");
      app.say(app.t("edit.wrong"));
      if (refocus) return;
    }
    over = true;
    td.textContent = old;
    if (refocus) app.stage.focus(name, cell);
    if (keep && value !== null && value !== app.sums.values[name][cell]) change(app, [[name, cell, value]]);
  };
  input.addEventListener("keydown", event => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") event.preventDefault();
    if (event.key === "Enter") close(true, true);
    if (event.key === "Escape") close(false, true);
  });
  input.addEventListener("blur", () => close(true, false));
  td.replaceChildren(input);
  input.focus();
  input.select();
}

// Parses a finite number with a hyphen or a minus sign; null for any other text.
export function parse(text) {
  const plain = text.trim().replace(/[\u2212\u2013]/g, "-");
  const value = plain === "" ? NaN : Number(plain);
  return Number.isFinite(value) && Math.abs(value) <= 1e12 ? value : null;
}

// Sets numbers, [[array, cell, value], ...], and shows all numbers that changed.
export function change(app, wanted) {
  const first = new Map(),
    key = one => `${one.name} ${one.cell}`;
  for (const [name, cell, value] of wanted) {
    app.state.edited.add(name);
    for (const one of edit(app.sums, name, cell, value)) {
      const known = first.get(key(one));
      if (known) known.after = one.after;
      else first.set(key(one), one);
    }
  }
  const changes = [...first.values()].filter(one => one.before !== one.after);
  app.stage.changes(changes);
  app.emit("values", changes);
}

// Parses a pasted table of numbers, separated by commas, semicolons, tabs or spaces; null if an entry is not a number.
export function parseTable(text) {
  const rows = text
    .trim()
    .split(/\r?\n/)
    .map(row =>
      row
        .trim()
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map(parse),
    );
  return rows.some(row => row.includes(null)) || !rows.flat().length ? null : rows;
}

// A checksum of an array's numbers, to recognise them after a reload.
export function checksum(values) {
  let sum = 0x811c9dc5; // FNV-1a
  for (const letter of Array.from(values).join(","))
    sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return sum.toString(36);
}

// An array as nested lists in its shape.
export function nested(shape, values) {
  if (shape.length === 1) return Array.from(values);
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nested(shape.slice(1), values.slice(i * size, (i + 1) * size)));
}
