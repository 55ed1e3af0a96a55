// The visible panels as a list of shapes, drawn as SVG or on a canvas.

import { cellName, number } from "./names.js";

const FONT = "system-ui, -apple-system, Segoe UI, sans-serif",
  MATH = "Georgia, Times New Roman, serif",
  TOP = 64,
  LEFT = 24,
  ROW = 20, // pixels of a line of the ledger
  COLUMN_OF_VALUES = 230,
  COLUMN_OF_PRODUCTS = 420;
const RULES = { y: "y = \u03a3 x \u00b7 w", dx: "dx = \u03a3 dy \u00b7 w", dw: "dw = \u03a3 x \u00b7 dy" };

// {width, height, ground, shapes: [{kind: "box", x, y, w, h, fill, stroke, line, dash} | {kind: "text", ...}]}
export function drawing(app) {
  const film = app.state.view === "equivalent",
    view = film ? app.equivalent.element : app.stage.element;
  const style = getComputedStyle(app.root),
    ink = style.color,
    soft = style.getPropertyValue("--soft").trim();
  const sheet = makeSheet(view.getBoundingClientRect()),
    words = (fill, size, x, y, text, more = {}) =>
      sheet.shapes.push({ kind: "text", x, y, size, fill, anchor: "start", text, ...more });
  words(ink, 18, LEFT, 34, app.t(`op.${app.trace.op}`), { weight: 600 });
  for (const symbol of view.querySelectorAll("h3 .symbol")) {
    const at = sheet.place(symbol);
    words(ink, 17, at.x, at.y + 15, symbol.textContent, { italic: true });
  }
  for (const what of view.querySelectorAll("h3 .what, h3 .size, .plane-name, .sign, [aria-current=step]")) {
    const at = sheet.place(what),
      size = what.matches(".sign") ? 24 : what.matches(".plane-name") ? 11 : 12;
    words(soft, size, at.x, at.y + at.h / 2 + size * 0.36, what.lastChild.textContent);
  }
  for (const table of view.querySelectorAll(".padded table")) sheet.shapes.push({ kind: "box", ...sheet.place(table), fill: "none", stroke: soft, line: 1, dash: [3, 3] });
  for (const td of view.querySelectorAll(".planes td, .plate-grid td")) if (inSight(td)) cellShapes(sheet.shapes, sheet.place(td), td);
  const [name, cell] = app.state.shown,
    { pass } = app.state;
  words(ink, 15, LEFT, sheet.height + 30, `${cellName(app.trace, name, cell)} = ${number(app.sums.values[name][cell])}`);
  words(soft, 13, LEFT, sheet.height + 50, RULES[app.trace.kind === "products" && app.sums.values.w ? pass : ""] ?? "");
  const rows = [...app.formula.element.querySelectorAll(".ledger tr")];
  rows.forEach((row, at) => ledgerRow(words, row, sheet.height + 76 + at * ROW, ink));
  return {
    width: Math.ceil(Math.max(sheet.width + 24, COLUMN_OF_PRODUCTS + 40)),
    height: Math.ceil(sheet.height + 84 + rows.length * ROW),
    ground: style.backgroundColor,
    shapes: sheet.shapes,
  };
}

// One line of the ledger: its names, its numbers and its product in three columns.
function ledgerRow(words, row, y, ink) {
  const [refs, values, product] = [".refs, td[colspan]", ".values", ".product"].map(part => row.querySelector(part)?.textContent ?? "");
  words(ink, 13, LEFT, y, refs);
  words(ink, 13, LEFT + COLUMN_OF_VALUES, y, values);
  words(ink, 13, COLUMN_OF_PRODUCTS, y, product, { weight: 600, anchor: "end" });
}

// False for a cell that its panel has scrolled out of sight.
function inSight(td) {
  const scroller = td.closest(".scroller")?.getBoundingClientRect(),
    { left, right, top, bottom } = td.getBoundingClientRect();
  return !scroller || (right > scroller.left && left < scroller.right && bottom > scroller.top && top < scroller.bottom);
}

// Positions of elements in the picture, which grows to contain them.
function makeSheet(origin) {
  const sheet = {
    width: 0,
    height: 0,
    shapes: [],
    place(element) {
      const box = element.getBoundingClientRect();
      const one = { x: box.left - origin.left + LEFT, y: box.top - origin.top + TOP, w: box.width, h: box.height };
      sheet.width = Math.max(sheet.width, one.x + one.w);
      sheet.height = Math.max(sheet.height, one.y + one.h);
      return one;
    },
  };
  return sheet;
}

// A cell: its background, its mark, its number and its badge.
function cellShapes(shapes, at, td) {
  const style = getComputedStyle(td),
    marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const size = parseFloat(style.fontSize),
    line = parseFloat(style.outlineWidth);
  shapes.push({ kind: "box", ...at, fill: style.backgroundColor, stroke: style.borderRightColor, line: 1 });
  const tint = td.matches(".met") && style.backgroundImage !== "none" ? td.style.getPropertyValue("--hue") : "";
  if (tint) shapes.push({ kind: "box", ...at, fill: `rgba(${tint.split(" ").join(", ")}, 0.3)`, stroke: "none", line: 0 });
  if (td.matches(".stuffed, .padding, .outer")) shapes.push(...hatching(at, style.color, td.matches(".stuffed")));
  if (marked)
    shapes.push({
      kind: "box",
      x: at.x + line / 2,
      y: at.y + line / 2,
      w: at.w - line,
      h: at.h - line,
      fill: "none",
      stroke: style.outlineColor,
      line,
      dash: style.outlineStyle === "dashed" ? [4, 3] : null,
      top: true,
    });
  shapes.push({
    kind: "text",
    x: at.x + at.w / 2,
    y: at.y + at.h / 2 + size * 0.36,
    size,
    weight: style.fontWeight,
    fill: style.color,
    anchor: "middle",
    text: td.textContent,
  });
  const badge = td.getAttribute("data-badge");
  if (badge && getComputedStyle(td, "::before").display !== "none")
    shapes.push({
      kind: "text",
      x: at.x + 4,
      y: at.y + 9,
      size: 8,
      fill: style.color,
      anchor: "start",
      text: badge,
    });
}

// The lines that mark an inserted zero: slanting between cells, upright dots' columns in the padding.
function hatching({ x, y, w, h }, stroke, slanting) {
  const lines = [];
  for (let at = 5; at < w + (slanting ? h : 0); at += 6) {
    const [x1, y1, x2, y2] = slanting ? [Math.min(at, w), Math.max(0, at - w), Math.max(0, at - h), Math.min(at, h)] : [at, 2, at, h - 2];
    lines.push({ kind: "line", x1: x + x1, y1: y + y1, x2: x + x2, y2: y + y2, stroke, dash: slanting ? null : [1, 5] });
  }
  return lines;
}

function ordered(picture) {
  return [...picture.shapes.filter(shape => !shape.top), ...picture.shapes.filter(shape => shape.top)];
}

export function asSvg(picture) {
  const space = "http://www.w3.org/2000/svg",
    svg = document.createElementNS(space, "svg");
  const put = (name, attributes, text) => {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes))
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
  };
  svg.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
  svg.setAttribute("width", picture.width);
  svg.setAttribute("height", picture.height);
  put("rect", { width: picture.width, height: picture.height, fill: picture.ground });
  for (const one of ordered(picture))
    if (one.kind === "box")
      put("rect", {
        x: one.x,
        y: one.y,
        width: one.w,
        height: one.h,
        fill: one.fill,
        stroke: one.stroke,
        "stroke-width": one.line,
        "stroke-dasharray": one.dash?.join(" "),
      });
    else if (one.kind === "line")
      put("line", { x1: one.x1, y1: one.y1, x2: one.x2, y2: one.y2, stroke: one.stroke, "stroke-opacity": 0.4, "stroke-dasharray": one.dash?.join(" ") });
    else
      put(
        "text",
        {
          x: one.x,
          y: one.y,
          fill: one.fill,
          "font-size": one.size,
          "font-weight": one.weight,
          "font-style": one.italic ? "italic" : null,
          "font-family": one.italic ? MATH : FONT,
          "text-anchor": one.anchor,
        },
        one.text,
      );
  return new XMLSerializer().serializeToString(svg);
}

function drawLine(pen, { x1, y1, x2, y2, stroke, dash }) {
  pen.setLineDash(dash ?? []);
  pen.lineWidth = 1;
  pen.strokeStyle = stroke;
  pen.globalAlpha = 0.4;
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.globalAlpha = 1;
}

export function asCanvas(picture, scale = 2) {
  const canvas = document.createElement("canvas"),
    pen = canvas.getContext("2d");
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  pen.scale(scale, scale);
  pen.fillStyle = picture.ground;
  pen.fillRect(0, 0, picture.width, picture.height);
  for (const one of ordered(picture))
    if (one.kind === "box") {
      pen.setLineDash(one.dash ?? []);
      pen.lineWidth = one.line;
      pen.strokeStyle = one.stroke;
      pen.fillStyle = one.fill === "none" ? "transparent" : one.fill;
      pen.fillRect(one.x, one.y, one.w, one.h);
      if (one.line) pen.strokeRect(one.x, one.y, one.w, one.h);
    } else if (one.kind === "line") drawLine(pen, one);
    else {
      pen.font = `${one.italic ? "italic " : ""}${one.weight ?? 400} ${one.size}px ${one.italic ? MATH : FONT}`;
      pen.textAlign = { middle: "center", end: "right" }[one.anchor] ?? "left";
      pen.fillStyle = one.fill;
      pen.fillText(one.text, one.x, one.y);
    }
  return canvas;
}
