// The panels as a list of shapes, and that list as SVG or on a canvas: what is saved is what is seen.

import { NAMES, cellName, number } from "./naming.js";

const FONT = "system-ui, -apple-system, Segoe UI, sans-serif",
  MATH = "Georgia, Times New Roman, serif";

// {width, height, ground, shapes: [{kind: "box", x, y, w, h, fill, stroke, line, dash} | {kind: "text", ...}]}
export function drawing(app) {
  const root = app.root.getBoundingClientRect(),
    shapes = [],
    style = getComputedStyle(app.root);
  const ink = style.color,
    soft = style.getPropertyValue("--soft").trim();
  const panels = Object.values(app.stage.panels),
    origin = app.stage.element.getBoundingClientRect();
  const top = 64,
    left = 24;
  let width = 0,
    height = 0;
  const place = element => {
    const box = element.getBoundingClientRect();
    const one = { x: box.left - origin.left + left, y: box.top - origin.top + top, w: box.width, h: box.height };
    width = Math.max(width, one.x + one.w);
    height = Math.max(height, one.y + one.h);
    return one;
  };
  const [name, cell] = app.state.shown;
  const title = `${cellName(app.trace, name, cell)} = ${number(app.sums.values[name][cell])}`;
  shapes.push({
    kind: "text",
    x: left,
    y: 34,
    size: 18,
    weight: 600,
    fill: ink,
    anchor: "start",
    text: app.t(`op.${app.trace.op}`),
  });
  for (const panel of panels) {
    const head = place(panel.element.querySelector("h3 .symbol"));
    shapes.push({
      kind: "text",
      x: head.x,
      y: head.y + 15,
      size: 17,
      italic: true,
      fill: ink,
      anchor: "start",
      text: NAMES[panel.name],
    });
    const what = place(panel.element.querySelector("h3 .what"));
    shapes.push({
      kind: "text",
      x: what.x,
      y: what.y + 14,
      size: 12,
      fill: soft,
      anchor: "start",
      text: app.t(`panel.${panel.name}`),
    });
    for (const td of panel.body.querySelectorAll("td")) cellShapes(shapes, place(td), td, td.textContent);
  }
  shapes.push({ kind: "text", x: left, y: height + 30, size: 15, fill: ink, anchor: "start", text: title });
  return {
    width: Math.ceil(Math.max(width + 24, 320)),
    height: Math.ceil(height + 52),
    ground: style.backgroundColor,
    shapes,
  };
}

// A cell: its ground, then its mark on top of it, its number and its badge.
function cellShapes(shapes, at, td, text) {
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
    text,
  });
  const badge = td.getAttribute("data-badge");
  if (badge)
    shapes.push({
      kind: "text",
      x: at.x + 4,
      y: at.y + 11,
      size: 9,
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
