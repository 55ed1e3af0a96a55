// The stage: the arrays of the chosen pass as an equation, the others small below it; hover, pin, focus and marks.

import { focusedElement, make, replace } from "./dom.js";
import { equationOf } from "./equations.js";
import { drawPadding } from "./ghosts.js";
import { focusCell, makePanel, neighbour, repaint, resizePanel } from "./grid.js";
import { arrange } from "./layout.js";
import { makeMarks } from "./marks.js";
import { drawThread } from "./thread.js";
import { explain, parts } from "./explanation.js";

const ARRAYS = ["x", "w", "b", "y", "dx", "dw", "db", "dy"];
const MOST_REVEALED = 200; // cells
const REST = 200; // ms until the pointer is at rest
const MOVES = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

export function makeStage(app) {
  const element = make("div", { class: "panels" }),
    mark = makeMarks();
  let panels = Object.create(null),
    resting = null,
    clicked = null; // where the pointer was clicked and has not moved since
  element.addEventListener("pointerover", event => {
    const found = event.pointerType !== "touch" && cellOf(event.target);
    if (!found || (clicked && near(event, clicked))) return; // a panel that moved under the resting pointer
    clicked = null;
    app.show(...found);
    app.stage.reveal(event.target);
  });
  element.addEventListener("pointerleave", () => app.leave());
  element.addEventListener("focusin", event => {
    const found = cellOf(event.target);
    if (found && event.target.matches("td:focus-visible")) app.show(...found);
  });
  element.addEventListener("click", event => {
    const found = cellOf(event.target);
    clicked = event;
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
    // Lays the panels out for the chosen pass. The cells stay the same, so the focus and a double click are kept.
    arrange(room) {
      const focused = focusedElement(app.root);
      placePanels(app, element, panels, arrange(app.trace, app.state.chosen, room));
      if (focused?.isConnected && focusedElement(app.root) !== focused) focused.focus({ preventScroll: true });
    },
    show(name, cell, only) {
      const explained = explain(app.sums, name, cell, app.state.pass);
      mark(panels, only === undefined ? explained.marks : one(explained, only));
      drawThread(app, only === undefined ? [] : explained.terms[only].factors.map(([array, at]) => panels[array]?.cells[at]));
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
    // Scrolls each panel that is larger than its space to its marked cells, except the one under the pointer.
    reveal(except) {
      const marked = new Map(),
        found = element.querySelectorAll("td.target, td.source, td.fed, td.blue, td.orange, td.won");
      if (found.length > MOST_REVEALED) return; // they are everywhere
      for (const td of found) {
        const scroller = td.closest(".scroller");
        if (!marked.has(scroller)) marked.set(scroller, []);
        marked.get(scroller).push(td);
      }
      for (const [scroller, cells] of marked) if (scroller && !scroller.contains(except ?? null)) bringIntoView(scroller, cells);
    },
    focus(name, cell) {
      if (panels[name]) focusCell(panels[name], cell);
    },
  };
}

// True if two pointer events have nearly the same position.
function near(one, other) {
  return Math.abs(one.clientX - other.clientX) < 2 && Math.abs(one.clientY - other.clientY) < 2;
}

// Scrolls until all of the cells are visible, or, if they need more space, the first of them.
function bringIntoView(scroller, cells) {
  if (scroller.scrollWidth <= scroller.clientWidth && scroller.scrollHeight <= scroller.clientHeight) return;
  const box = scroller.getBoundingClientRect(),
    rectangles = cells.map(td => td.getBoundingClientRect());
  const shift = (low, high, from, to) => {
    const least = Math.min(...rectangles.map(one => one[low])),
      most = Math.max(...rectangles.map(one => one[high]));
    if (least >= from && most <= to) return 0;
    return most - least > to - from ? least - from - 4 : (least + most) / 2 - (from + to) / 2;
  };
  scroller.scrollLeft += shift("left", "right", box.left, box.left + scroller.clientWidth);
  scroller.scrollTop += shift("top", "bottom", box.top, box.top + scroller.clientHeight);
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
  const layout = arrange(app.trace, app.state.chosen, room),
    panels = Object.create(null); // an address may contain any name, also one that every object has
  for (const name of ARRAYS) if (layout[name]) panels[name] = makePanel(app, name, layout[name]);
  placePanels(app, element, panels, layout);
  return panels;
}

// Puts the arrays of the chosen pass into the equation, and the others below it.
function placePanels(app, element, panels, layout) {
  const { terms, result, turned, sign } = equationOf(app.trace, app.state.chosen),
    signs = text => make("span", { class: "sign", "aria-hidden": "true" }, text),
    active = new Set([...terms.map(([name]) => name), result]);
  const equation = terms.filter(([name]) => panels[name]).flatMap(([name, before]) => [before && signs(before), panels[name].element]);
  for (const panel of Object.values(panels)) {
    panel.element.classList.toggle("turned", turned && panel.name === "w");
    panel.element.classList.toggle("wide", Boolean(layout[panel.name].wide));
    panel.element.classList.toggle("thumbnail", !active.has(panel.name));
    if (panel.layout !== layout[panel.name]) resizePanel(app, panel, layout[panel.name]);
  }
  const others = ARRAYS.filter(name => panels[name] && !active.has(name)).map(name => panels[name].element);
  replace(element, make("div", { class: "equation" }, ...equation.flat(), signs(sign), panels[result].element), make("div", { class: "others" }, others));
  for (const panel of Object.values(panels)) drawPadding(app.trace, app.state.chosen, panel);
}
