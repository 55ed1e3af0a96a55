// The page's state and what follows from each change of it. Parts speak to one another through the app only.

import { make, replace } from "./dom.js";
import { makeSums } from "./sums.js";
import { passFor } from "./explained.js";
import { makeFormula, sentence } from "./formula.js";
import { makeStage } from "./stage.js";
import { makeToolbar } from "./toolbar.js";
import { translator } from "./strings.js";

export function makeApp(model, el) {
  const app = {
    model, root: make("div", { class: "rot180-explainer" }), heard: {},
    state: { pass: "dx", view: "direct", pinned: null, shown: null, language: model.get("language") || "en" },
    on(event, act) { (app.heard[event] ??= []).push(act); },
    emit(event, value) { for (const act of app.heard[event] ?? []) act(value); },
    show(name, cell) { shown(app, name, cell); },
    leave() { if (app.state.pinned) shown(app, ...app.state.pinned); },
    pin(name, cell) { pin(app, name, cell); },
    choosePass(pass) { shown(app, ...centre(app, pass)); },
  };
  el.append(app.root);
  load(app, model.get("trace"));
  const onTrace = () => load(app, model.get("trace"));
  model.on("change:trace", onTrace);
  return () => {
    model.off("change:trace", onTrace);
    app.root.remove();
  };
}

function load(app, trace) {
  app.trace = trace;
  app.sums = makeSums(trace);
  app.heard = {};
  app.fresh = true;
  app.state.pinned = null;
  app.t = translator(app.model.get("strings"), app.state.language);
  app.root.lang = app.state.language;
  app.stage = makeStage(app);
  app.formula = makeFormula(app);
  app.live = make("p", { class: "live", "aria-live": "polite" });
  const toolbar = makeToolbar(app);
  replace(
    app.root, make("header", { class: "top" }, make("h1", {}, app.t(`op.${trace.op}`))), toolbar.element,
    make("div", { class: "work" }, app.stage.element, app.formula.element), app.live);
  app.stage.build(room(app));
  app.on("term", at => app.stage.show(...app.state.shown, at ?? undefined));
  const first = opening(app);
  shown(app, ...first);
}

function room(app) {
  const width = app.root.clientWidth;
  return width > 1000 ? width - 400 - 56 : width;
}

// The cell that the page opens with: the middle of dX, or of y where there is no gradient.
function opening(app) {
  return centre(app, app.sums.values.dx ? "dx" : "y");
}

function centre(app, name) {
  const panel = app.stage.panels[name], { rows, columns } = panel;
  return [name, panel.cells.findIndex(cell => cell) + Math.floor(rows / 2) * columns + Math.floor(columns / 2)];
}

function shown(app, name, cell) {
  setPass(app, passFor(app.sums, name, app.state.pass));
  app.state.shown = [name, cell];
  app.formula.show(app.stage.show(name, cell));
  const text = sentence(app, name, cell, app.state.pass);
  if (app.live.textContent !== text) app.live.textContent = text;
}

function pin(app, name, cell) {
  const { pinned } = app.state;
  app.state.pinned = pinned && pinned[0] === name && pinned[1] === cell ? null : [name, cell];
  app.root.classList.toggle("has-pin", Boolean(app.state.pinned));
  shown(app, name, cell);
}

function setPass(app, pass) {
  if (app.state.pass !== pass || app.fresh) {
    app.fresh = false;
    app.state.pass = pass;
    app.stage.parts();
    app.emit("pass", pass);
  }
}
