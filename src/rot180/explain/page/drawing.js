// The visible panels as a list of shapes, drawn as SVG or on a canvas.

import { cellName, number } from "./names.js";

const FONT = "system-ui, -apple-system, Segoe UI, sans-serif",
  MATH = "Georgia, Times New Roman, serif",
  TOP = 64,
  LEFT = 24;
const RULES = { y: "y = \u03a3 x \u00b7 w", dx: "dX = \u03a3 dy \u00b7 w", dw: "dW = \u03a3 x \u00b7 dy" };

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
  for (const what of view.querySelectorAll("h3 .what, .plane-name, .sign, [aria-current=step]")) {
    const at = sheet.place(what),
      size = what.matches(".sign") ? 24 : what.matches(".plane-name") ? 11 : 12;
    words(soft, size, at.x, at.y + at.h / 2 + size * 0.36, what.lastChild.textContent);
  }
  for (const td of view.querySelectorAll(".planes td, .plate-grid td")) cellShapes(sheet.shapes, sheet.place(td), td);
  const [name, cell] = app.state.shown,
    { pass } = app.state;
  words(ink, 15, LEFT, sheet.height + 30, `${cellName(app.trace, name, cell)} = ${number(app.sums.values[name][cell])}`);
  words(soft, 13, LEFT, sheet.height + 50, RULES[app.trace.kind === "products" && app.sums.values.w ? pass : ""] ?? "");
  return {
    width: Math.ceil(Math.max(sheet.width + 24, 320)),
    height: Math.ceil(sheet.height + 70),
    ground: style.backgroundColor,
    shapes: sheet.shapes,
  };
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
      pen.strokeRect(one.x, one.y, one.w, one.h);
    } else {
      pen.font = `${one.italic ? "italic " : ""}${one.weight ?? 400} ${one.size}px ${one.italic ? MATH : FONT}`;
      pen.textAlign = one.anchor === "middle" ? "center" : "left";
      pen.fillStyle = one.fill;
      pen.fillText(one.text, one.x, one.y);
    }
  return canvas;
}
