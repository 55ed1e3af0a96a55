// Pasting the user's own numbers from a table.

import { make } from "./dom.js";
import { change, parseTable } from "./editing.js";

// The form for pasting numbers into an array. If the table has another size, the layer changes to fit it.
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
        details.open = Boolean(said.textContent);
      },
    },
    app.t("own.use"),
  );
  const details = make(
    "details",
    { class: "menu own" },
    make("summary", {}, app.t("own.title")),
    make("div", { class: "sheet" }, make("p", { class: "note" }, app.t("own.words")), which, text, use, said),
  );
  return details;
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
  if (!even || !single || !["x", "w"].includes(name))
    return app.t("own.count", { name, count: length, came: flat.length });
  const size = shape.length === 4 ? [rows.length, rows[0].length] : [flat.length];
  const setting = name === "x" ? "input" : "kernel";
  app.setLayer({ ...app.trace.request, [setting]: size }, { [name]: flat });
  return "";
}
