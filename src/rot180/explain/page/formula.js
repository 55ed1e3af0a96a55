// The ledger: a line for each term with its cells, their values and their product, and the sum below.

import { make, replace } from "./dom.js";
import { cellName, number } from "./names.js";
import { explain, roleOf } from "./explanation.js";
import { makeLoop } from "./loop.js";
import { restOf } from "./sums.js";

const FOLD = 12,
  UNFOLDED = 600,
  IN_LINE = 9,
  FACTOR_DIGITS = 3, // significant digits of numbers that are not integers, so that each term stays on one line
  PRODUCT_DIGITS = 4,
  MOST_LETTERS = 44; // of a row, more need smaller letters

export function makeFormula(app) {
  const title = make("h2", { class: "sum-title" }),
    list = make("table", { class: "ledger" });
  const more = make("button", { type: "button", class: "link", onclick: () => unfold(true) });
  const note = make("p", { class: "note" }),
    line = make("p", { class: "sum-line" }),
    loop = makeLoop(app);
  const element = make("section", { class: "formula", "aria-label": app.t("formula.label") }, title, line, note, list, more, loop.element);
  let folded = true,
    shown = null;

  function unfold() {
    folded = !folded;
    draw();
  }
  function draw() {
    const { terms } = shown,
      limit = folded ? (terms.length <= FOLD + 2 ? terms.length : FOLD) : UNFOLDED;
    sumHeading(app, title, shown);
    note.textContent = general(app, shown);
    line.textContent = inOneLine(app, shown);
    line.hidden = !line.textContent;
    loop.show(shown);
    replace(
      list,
      make(
        "tbody",
        {},
        terms.slice(0, limit).map((term, at) => rowOf(app, shown, term, at)),
      ),
      limit < terms.length && leftOut(app, terms.length - limit),
      foot(app, shown),
    );
    more.hidden = terms.length <= FOLD + 2;
    more.textContent = folded ? app.t("formula.more", { count: terms.length }) : app.t("formula.fewer");
    list.classList.toggle("folded", limit < terms.length);
    list.classList.toggle("dense", longestRow(list) > MOST_LETTERS);
  }
  return {
    element,
    blank(text) {
      replace(title);
      replace(list);
      line.hidden = true;
      note.textContent = text;
      more.hidden = true;
    },
    show(explained) {
      if (!shown || shown.name !== explained.name) folded = true;
      shown = explained;
      draw();
    },
  };
}

function longestRow(list) {
  return Math.max(0, ...[...list.querySelectorAll("tbody tr")].map(row => row.textContent.length));
}

function reference(app, name, cell) {
  const value = name === "divisor" ? number(app.sums.values.divisor[cell]) : cellName(app.trace, name, cell);
  return make("span", { class: `ref ${roleOf(name)}` }, value);
}

function sumHeading(app, title, shown) {
  const { sums } = app,
    value = sums.values[shown.name][shown.cell];
  replace(
    title,
    make(
      "span",
      { class: shown.reverse ? `ref ${roleOf(shown.name)}` : "ref target" },
      cellName(app.trace, shown.name, shown.cell),
    ),
    make("span", { class: "equals" }, " = "),
    make("b", { title: String(value) }, number(value)),
  );
}

// One sentence: the kind of the sum, or the number of sums that use the cell.
function general(app, shown) {
  const { sums } = app,
    key = shown.reverse ? "feeds" : "made";
  const kind = sums.kind === "maximum" ? "maximum" : sums.average ? "average" : "products";
  if (!shown.reverse && !shown.terms.length) return app.t("formula.none");
  const withBias = !shown.reverse && shown.target === "y" && sums.values.b;
  return app.t(`formula.${key}.${kind}.${shown.target}${withBias ? "_bias" : ""}`, { count: shown.terms.length });
}

function rowOf(app, shown, term, at) {
  const { sums } = app,
    values = term.factors.map(([name, cell]) => number(sums.values[name][cell], FACTOR_DIGITS));
  const sign = sums.average ? " / " : " · ",
    refs = [];
  for (const [name, cell] of term.factors)
    if (!shown.reverse || name !== shown.name)
      // the cell itself is in the title
      refs.push(refs.length ? sign : "", reference(app, name, cell));
  const row = make(
    "tr",
    { class: term.won === false ? "lost" : term.won ? "won" : null },
    make("td", { class: "at" }, shown.terms.length > 1 ? String(at + 1) : ""),
    shown.reverse && make("td", { class: "into" }, cellName(app.trace, shown.target, term.into)),
    make("td", { class: "refs" }, refs),
    make("td", { class: "values" }, values.length > 1 ? values.map(one => bracket(one)).join(sign) : ""),
    make("td", { class: "product", title: String(term.value) }, number(term.value, PRODUCT_DIGITS)),
  );
  row.addEventListener("pointerenter", () => app.emit("term", at));
  row.addEventListener("pointerleave", () => app.emit("term", null));
  return row;
}

// "= 1·9 + 3·8 + …": the sum in one line.
function inOneLine(app, shown) {
  if (shown.reverse || shown.terms.length < 2 || app.sums.kind === "maximum") return "";
  const sign = app.sums.average ? " / " : "\u00b7",
    parts = shown.terms.slice(0, IN_LINE).map(({ factors }) => factors.map(([name, cell]) => bracket(number(app.sums.values[name][cell], FACTOR_DIGITS))).join(sign));
  return `= ${parts.join(" + ")}${shown.terms.length > IN_LINE ? " + \u2026" : ""}`;
}

function bracket(text) {
  return text.startsWith("\u2212") ? `(${text})` : text;
}

// The row with the number of hidden terms.
function leftOut(app, count) {
  return make(
    "tbody",
    { class: "left-out" },
    make("tr", {}, make("td", { class: "at" }), make("td", { colspan: 3 }, app.t("formula.left_out", { count }))),
  );
}

function foot(app, shown) {
  if (shown.reverse || !shown.terms.length) return null;
  const kind = app.sums.kind === "maximum" && shown.target === "y" ? "formula.largest" : "formula.sum";
  const rest = app.trace.rest?.[shown.target] ? restOf(app.sums, shown.target, shown.cell) : null;
  const total = (words, value, name) =>
    make(
      "tr",
      { class: name },
      make("td", { class: "at" }),
      make("td", { colspan: 2 }, words),
      make("td", { class: "product", title: String(value) }, number(value)),
    );
  return make(
    "tfoot",
    {},
    rest !== null && total(app.t("formula.rest"), rest, "rest"),
    total(app.t(kind), app.sums.values[shown.target][shown.cell], "total"),
  );
}

// "dx[0,0,1,2] = 10, 18 terms": the text for screen readers.
export function sentence(app, name, cell, pass) {
  const shown = explain(app.sums, name, cell, pass),
    what = cellName(app.trace, name, cell);
  const values = { cell: what, value: number(app.sums.values[name][cell]), count: shown.terms.length };
  return app.t(shown.reverse ? `live.feeds.${shown.target}` : "live.made", values);
}
