// A line between the two cells of a term, while the pointer is on its row of the ledger.

const SPACE = "http://www.w3.org/2000/svg";

// Draws the line between the two cells, or removes it unless both cells are visible.
export function drawThread(app, cells) {
  app.thread?.remove();
  app.thread = null;
  const seen = cells.filter(td => td?.offsetParent);
  if (seen.length !== 2) return;
  const origin = app.root.getBoundingClientRect(),
    [from, to] = seen.map(td => td.getBoundingClientRect()).sort((a, b) => a.left - b.left),
    svg = document.createElementNS(SPACE, "svg"),
    line = document.createElementNS(SPACE, "line");
  const ends = { x1: from.right, y1: from.top + from.height / 2, x2: to.left, y2: to.top + to.height / 2 };
  for (const [key, value] of Object.entries(ends)) line.setAttribute(key, value - (key.startsWith("x") ? origin.left : origin.top));
  svg.setAttribute("class", "thread");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  app.root.append(svg);
  app.thread = svg;
}
