// The Save menu: pictures, the page itself, the trace, its numbers and code.

import { make } from "./dom.js";
import { nested } from "./editing.js";
import { place } from "./names.js";
import { inputsOf } from "./traces.js";
import { asCanvas, asSvg, drawing } from "./drawing.js";

export function makeSaving(app) {
  const item = (key, act) =>
    make(
      "button",
      {
        type: "button",
        class: "item",
        "data-save": key,
        onclick: () => {
          act();
          details.open = false;
        },
      },
      app.t(`save.${key}`),
    );
  const files = framed()
    ? [make("p", { class: "note" }, app.t("save.framed"))]
    : [
        item("svg", () => keep("rot180.svg", new Blob([asSvg(drawing(app))], { type: "image/svg+xml" }))),
        item("png", () => asCanvas(drawing(app)).toBlob(blob => keep("rot180.png", blob))),
        item("json", () =>
          keep("rot180.json", new Blob([JSON.stringify(currentTrace(app))], { type: "application/json" })),
        ),
        item("csv", () => keep("rot180.csv", new Blob([asCsv(app)], { type: "text/csv" }))),
      ];
  if (app.whole && !framed())
    files.push(item("html", () => keep("rot180.html", new Blob([asHtml(app, currentTrace(app))], { type: "text/html" }))));
  const code = ["rot180", "pytorch"].map(kind => item(kind, () => copyText(app, codeOf(app, kind))));
  const details = make(
    "details",
    { class: "menu" },
    make("summary", {}, app.t("save.title")),
    make("div", { class: "sheet" }, files, make("hr"), code),
  );
  details.addEventListener("keydown", event => {
    if (event.key === "Escape") {
      details.open = false;
      event.stopPropagation();
      details.firstChild.focus();
    }
  });
  details.addEventListener("focusout", event => {
    if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false;
  });
  return details;
}

// True in a notebook's sandboxed frame, where the browser blocks downloads silently.
function framed() {
  return window.parent !== window && window.origin === "null";
}

function keep(name, blob) {
  const url = URL.createObjectURL(blob),
    link = make("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// The trace with the current numbers.
export function currentTrace(app) {
  const arrays = Object.fromEntries(
    Object.entries(app.trace.arrays).map(([name, { shape }]) => [
      name,
      { shape, values: Array.from(app.sums.values[name]) },
    ]),
  );
  const own = [...new Set([...(app.trace.request?.user_arrays ?? []), ...app.state.edited])].sort();
  return { ...app.trace, arrays, request: { ...app.trace.request, user_arrays: own } };
}

// This document with another trace. Its script, style and policy stay the same. `<` in the data is escaped, so that no
// text in the data can end the script element.
function asHtml(app, trace) {
  const held = document.getElementById("rot180-data"),
    data = { ...JSON.parse(held.textContent), trace: inputsOf(trace), cell: null, language: app.state.language },
    scripts = [...document.scripts].map(script => {
      const text = script === held ? JSON.stringify(data).replace(/</g, "\\u003c") : script.textContent;
      return make("script", { id: script.id || null, type: script.type }, text);
    });
  const body = make("body", {}, make("div", { id: "rot180-page" }), scripts),
    root = make("html", { lang: app.state.language }, document.head.cloneNode(true), body);
  return `<!DOCTYPE html>\n${root.outerHTML}\n`;
}

// One line for each cell: the array, its index, its value.
export function asCsv(app) {
  const lines = ["array,index,value"];
  for (const [name, values] of Object.entries(app.sums.values)) {
    const { shape } = app.trace.arrays[name];
    values.forEach((value, cell) => lines.push(`${name},${place(shape, cell).join(" ")},${value}`));
  }
  return lines.join("\r\n") + "\r\n";
}

// Code that computes this layer with the current numbers.
export function codeOf(app, kind) {
  const list = name =>
    JSON.stringify(nested(app.sums.shapes[name], Array.from(app.sums.values[name]))).replace(/,/g, ", ");
  return (app.trace.code?.[kind] ?? "").replace(/\{(x|w|b|dy)\}/g, (whole, name) =>
    app.sums.values[name] ? list(name) : whole,
  );
}

export function copyText(app, text) {
  const done = () => app.say(app.t("save.copied"));
  const fallback = () => {
    const area = make("textarea", { class: "copied", readonly: true, "aria-label": app.t("save.code") });
    area.value = text;
    app.root.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  };
  if (navigator.clipboard?.writeText) navigator.clipboard.writeText(text).then(done, fallback);
  else fallback();
}
