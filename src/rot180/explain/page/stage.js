// The six panels: x, w, y in one row, each gradient under the array it belongs to; hover, pin, focus and marks.

import { make, replace } from "./dom.js";
import { focusCell, makePanel, neighbour, repaint } from "./grid.js";
import { arrange } from "./layout.js";
import { makeMarks } from "./marks.js";
import { explain, parts } from "./explanation.js";

const ROWS = [
  ["x", "w", "y"],
  ["dx", "dw", "dy"],
];
const REST = 200; // ms until the pointer is at rest
const MOVES = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

export function makeStage(app) {
  const element = make("div", { class: "panels" }),
    mark = makeMarks();
  let panels = Object.create(null),
    resting = null;
  element.addEventListener("pointerover", event => {
    const found = event.pointerType !== "touch" && cellOf(event.target);
    if (found) app.show(...found);
  });
  element.addEventListener("pointerleave", () => app.leave());
  element.addEventListener("focusin", event => {
    const found = cellOf(event.target);
    if (found && event.target.matches("td:focus-visible")) app.show(...found);
  });
  element.addEventListener("click", event => {
    const found = cellOf(event.target);
    if (found) app.pin(...found);
  });
  element.addEventListener("dblclick", event => {
    const found = cellOf(event.target);
    if (found) app.emit("edit", found);
  });
  element.addEventListener("keydown", event => {
    const found = cellOf(event.target);
    if (found) onKey(app, panels, found, event);
  });
  return {
    element,
    get panels() {
      return panels;
    },
    build(room) {
      panels = build(app, element, room);
    },
    show(name, cell, only) {
      const explained = explain(app.sums, name, cell, app.state.pass);
      mark(panels, only === undefined ? explained.marks : one(explained, only));
      return explained;
    },
    // Shows which panels take part: immediately, or when the pointer is at rest, because it repaints all cells.
    parts(pass, atOnce) {
      clearTimeout(resting);
      const show = () => {
        const roles = parts(app.sums, pass);
        for (const panel of Object.values(panels)) panel.element.dataset.role = roles[panel.name] ?? "none";
      };
      if (atOnce) show();
      else resting = setTimeout(show, REST);
    },
    changes(list) {
      for (const panel of Object.values(panels))
        repaint(
          app,
          panel,
          list.filter(change => change.name === panel.name),
        );
    },
    // Scrolls a panel to a cell if the panel is wider than its space.
    reveal(name, cell) {
      const td = panels[name]?.cells[cell],
        scroller = td?.closest(".scroller");
      if (!scroller || scroller.scrollWidth <= scroller.clientWidth) return;
      const at = td.getBoundingClientRect().left - scroller.getBoundingClientRect().left + scroller.scrollLeft;
      scroller.scrollLeft = at - scroller.clientWidth / 2;
    },
    focus(name, cell) {
      if (panels[name]) focusCell(panels[name], cell);
    },
  };
}

// The marks of one term: its factors and the cell of its sum.
function one(explained, at) {
  const term = explained.terms[at];
  const kept = new Set([...term.factors, [explained.name, explained.cell]].map(String));
  if (term.into !== undefined) kept.add(String([explained.target, term.into]));
  return explained.marks.filter(mark => kept.has(String([mark.name, mark.cell])));
}

function cellOf(node) {
  const cell = node.closest?.("td[role=gridcell]");
  return cell ? [cell.closest("[data-panel]").dataset.panel, cell.cell] : null;
}

function onKey(app, panels, [name, cell], event) {
  if (event.target.tagName === "INPUT") return;
  if (event.key === "Enter") {
    event.preventDefault();
    app.emit("edit", [name, cell]);
  } else if (MOVES.includes(event.key) && !event.altKey && !event.metaKey) {
    event.preventDefault();
    const next = neighbour(panels[name], cell, event.key, event.ctrlKey);
    if (next !== null) focusCell(panels[name], next);
  } else if (event.key === "p" || event.key === "P") app.pin(name, cell);
}

function build(app, element, room) {
  const layout = arrange(app.trace, room),
    panels = Object.create(null); // an address may contain any name, also one that every object has
  const names = ROWS[0].filter(name => layout[name]);
  element.style.setProperty("--columns", names.length);
  const children = [];
  ROWS.forEach((row, r) =>
    row.forEach(name => {
      if (!layout[name]) return;
      const column = make("div", { class: "column" });
      column.style.gridArea = `${r + 1} / ${names.indexOf(ROWS[0][row.indexOf(name)]) + 1}`;
      for (const one of [name, { w: "b", dw: "db" }[name]]) {
        if (!layout[one]) continue;
        panels[one] = makePanel(app, one, layout[one]);
        column.append(panels[one].element);
      }
      children.push(column);
    }),
  );
  replace(element, children);
  return panels;
}
