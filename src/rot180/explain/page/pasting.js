// Pasting the user's own numbers from a table.

import { make } from "./dom.js";
import { change, parseTable } from "./editing.js";
import { keptBy, ownArrays } from "./reuse.js";

// The form for pasting numbers into an array. In a served page, a table of another size requests a layer that fits.
export function ownNumbers(app) {
  const names = ["x", "w", "b", "dy"].filter(name => app.sums.values[name]);
  const which = make(
    "select",
    { "aria-label": app.t("own.which") },
    names.map(name => make("option", { value: name }, name)),
  );
  const text = make("textarea", {
    rows: 4,
    spellcheck: "false",
    "aria-label": app.t("own.numbers"),
    placeholder: "1, 0, \u22121\n2, 0, \u22122\n1, 0, \u22121",
  });
  const said = make("p", { class: "note", role: "status" });
  const use = make(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: () => {
        said.textContent = takeNumbers(app, which.value, text.value);
      },
    },
    app.t("own.use"),
  );
  return make(
    "details",
    { class: "menu own" },
    make("summary", {}, app.t("own.title")),
    make("div", { class: "sheet" }, make("p", { class: "note" }, app.t("own.words")), which, text, use, said),
  );
}

function takeNumbers(app, name, text) {
  const rows = parseTable(text);
  if (!rows) return app.t("own.wrong");
  const flat = rows.flat(),
    { length } = app.sums.values[name],
    shape = app.sums.shapes[name];
  if (flat.length === length) {
    change(
      app,
      flat.map((value, cell) => [name, cell, value]),
    );
    return "";
  }
  const even = rows.every(row => row.length === rows[0].length),
    single = shape[0] === 1 && shape[1] === 1;
  if (!app.listening || !even || !single || !["x", "w"].includes(name))
    return app.t("own.count", { name, count: length, came: flat.length });
  const array = shape.length === 4 ? [[rows]] : [[flat]],
    size = shape.length === 4 ? [rows.length, rows[0].length] : [flat.length];
  const setting = name === "x" ? "input" : "kernel";
  app.ask({
    ...app.trace.request,
    [setting]: size,
    arrays: { ...ownArrays(app, keptBy(setting)), [name]: array },
  });
  return "";
}
