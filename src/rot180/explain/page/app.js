// The page's state and the actions that change it. The parts of the page call each other only through the app.

import { readAddress, writeAddress } from "./address.js";
import { followAddress, restoreAddress, setLayer, transpose } from "./changes.js";
import { focusedElement, make } from "./dom.js";
import { PASS_OF, passFor } from "./explanation.js";
import { sentence } from "./formula.js";
import { listenToKeys } from "./keyboard.js";
import { playMotion, stopMotion } from "./motion.js";
import { addPlaying } from "./sequence.js";
import { buildShell } from "./shell.js";
import { makeSums, termsOf } from "./sums.js";
import { traceOfData } from "./traces.js";
import { classify, roomOf, stageOf, watchSize } from "./width.js";

const OPENING = 500; // ms until the reader has seen the page at rest
const DOUBLE_CLICK = 350; // ms until a click is surely not the first of two, which edit a cell

export function makeApp(model, el) {
  const app = {
    model,
    el,
    root: make("div", { class: "rot180-explainer", tabindex: -1 }),
    listeners: {},
    first: traceOfData(model.get("trace")), // the layer that the host started with
    suspended: null, // the reader's layer and its edits, while the tour shows other layers
    tooLong: [], // arrays that do not fit into the address
    missing: [], // arrays that a link refers to and does not contain
    lost: [], // the reader's own arrays that no longer fit
    state: {
      pass: "dx",
      chosen: "dx",
      view: "direct",
      pinned: null,
      shown: null,
      edited: new Set(),
      language: model.get("language") || "en",
    },
    whole: el.parentElement === document.body,
  };
  addActions(app);
  addPlaying(app);
  el.append(app.root);
  classify(app);
  document.body.classList.toggle("rot180-whole", app.whole);
  const address = readAddress(app);
  if (address?.language) app.state.language = address.language;
  buildShell(app);
  app.load(app.first);
  restoreAddress(app, address);
  if (app.whole) app.opening = setTimeout(() => playMotion(app), OPENING);
  const onTrace = () => {
    if (model.get("trace") === app.sent) return; // the page set it
    const trace = traceOfData(model.get("trace"));
    if (app.suspended) app.suspended = { ...app.suspended, trace, sums: makeSums(trace), edited: [], pinned: null, missing: [] };
    else app.load(trace);
  };
  model.on("change:trace", onTrace);
  const stopListening = listenToKeys(app, app.whole ? document : el),
    stopFollowing = followAddress(app),
    stopWatching = watchSize(app, () => relay(app));
  return () => {
    model.off("change:trace", onTrace);
    stopListening();
    stopFollowing();
    stopWatching();
    clearTimeout(app.rearranging);
    clearTimeout(app.opening);
    app.player.stop();
    app.root.remove();
  };
}

function addActions(app) {
  const { state } = app;
  Object.assign(app, {
    on: (event, act) => (app.listeners[event] ??= []).push(act),
    emit: (event, value) => (app.listeners[event] ?? []).forEach(act => act(value)),
    room: () => roomOf(app),
    space: () => stageOf(app),
    load: (trace, sums, kept) => load(app, trace, sums, kept),
    done: () => done(app),
    show: (name, cell) => shown(app, name, cell),
    leave: () => state.pinned && state.view === "direct" && shown(app, ...state.pinned),
    pin: (name, cell) => pin(app, name, cell),
    choosePass: pass => choosePass(app, pass),
    setView: view => setView(app, view),
    say: text => (app.live.textContent = text),
    note: (name, cell) => note(app, name, cell),
    setLayer: (request, arrays) => setLayer(app, request, arrays),
    help: () => app.helpDialog.showModal(),
    escape: () => escape(app),
    present: () => present(app),
    transpose: () => transpose(app),
    rotate: () => rotate(app),
    setLanguage: language => setLanguage(app, language),
  });
}

// The reader's changes to the layer that is shown.
function done({ state, missing }) {
  return { edited: [...state.edited], pinned: state.pinned, missing };
}

function load(app, trace, sums = makeSums(trace), kept = { edited: [], pinned: null, missing: [] }) {
  const inCells = app.stage.element.contains(focusedElement(app.root));
  if (app.player.playing) app.player.stop();
  Object.assign(app, { trace, sums, wanted: null, tooLong: [], missing: kept.missing, lost: kept.lost ?? [] });
  Object.assign(app.state, { edited: new Set(kept.edited), pinned: kept.pinned, fresh: true });
  app.root.classList.toggle("has-pin", Boolean(kept.pinned));
  app.heading.textContent = app.t(`op.${trace.op}`);
  if (app.whole) nameDocument(app);
  app.controls.problem(null);
  stopMotion(app);
  for (const part of [app.toolbar, app.controls, app.notices, app.shapeBar, app.checkerboard]) part.update();
  app.emit("loaded");
  if (!app.sums.values[app.state.chosen]) app.state.chosen = "y";
  if (kept.pinned && PASS_OF[kept.pinned[0]]) app.state.chosen = PASS_OF[kept.pinned[0]];
  app.stage.build(app.space());
  app.headline.update();
  app.state.pass = app.state.chosen;
  const view = trace.views?.[app.state.pass] ? app.state.view : "direct";
  app.state.view = "direct";
  shown(app, ...(kept.pinned ?? centre(app, app.state.pass)));
  setView(app, view);
  app.stage.reveal();
  if (inCells) app.stage.focus(...app.state.shown);
}

function nameDocument(app) {
  document.documentElement.lang = app.root.lang;
  document.title = `${app.heading.textContent} \u00b7 rot180`;
}

// A cell in the middle of a panel's first plane: of the four middle cells, the one with the most terms.
function centre(app, name) {
  const { rows, columns } = app.stage.panels[name],
    row = Math.floor(rows / 2),
    column = Math.floor(columns / 2);
  let best = row * columns + column;
  for (const r of [row, row - 1])
    for (const c of [column, column - 1]) {
      const cell = Math.max(r, 0) * columns + Math.max(c, 0);
      if (termsOf(app.sums, name, cell).length > termsOf(app.sums, name, best).length) best = cell;
    }
  return [name, best];
}

function shown(app, name, cell) {
  const pass = passFor(app.sums, name, app.state.chosen); // pointing at a cell does not change the chosen pass
  if (app.state.pass !== pass || app.state.fresh) {
    app.stage.parts(pass, app.state.fresh || pass === app.state.chosen);
    app.state.fresh = false;
    app.state.pass = pass;
    app.cells = app.stage.panels[pass].order;
    app.emit("pass", pass);
  }
  app.state.shown = [name, cell];
  app.formula.show(app.stage.show(name, cell));
  say(app);
  app.player.update();
}

// Shows a cell of the step-by-step view in the ledger, while the panels are hidden.
function note(app, name, cell) {
  app.state.shown = [name, cell];
  app.formula.show(app.stage.show(name, cell));
  say(app);
}

function say(app) {
  const text = sentence(app, ...app.state.shown, app.state.pass);
  if (app.live.textContent !== text) app.live.textContent = text;
}

function pin(app, name, cell) {
  const { pinned } = app.state;
  app.state.pinned = pinned && pinned[0] === name && pinned[1] === cell ? null : [name, cell];
  app.root.classList.toggle("has-pin", Boolean(app.state.pinned));
  const pass = passFor(app.sums, name, app.state.chosen);
  if (pass !== app.state.chosen) {
    app.state.chosen = pass;
    rearrangeSoon(app);
  }
  shown(app, name, cell);
  writeAddress(app);
}

function arrangeEquation(app) {
  stopMotion(app);
  app.stage.arrange(app.space());
  app.headline.update();
}

// Shows the equation of another pass, but not during a double click and not while a number is edited.
function rearrangeSoon(app) {
  clearTimeout(app.rearranging);
  app.rearranging = setTimeout(() => {
    if (app.root.querySelector("input.edit")) rearrangeSoon(app);
    else arrangeEquation(app);
  }, DOUBLE_CLICK);
}

function choosePass(app, pass) {
  app.player.stop();
  clearTimeout(app.rearranging);
  app.state.chosen = pass;
  arrangeEquation(app);
  shown(app, ...centre(app, pass));
  app.stage.reveal();
  if (app.state.view === "equivalent") app.equivalent.open(pass, app.state.shown[1]);
  app.player.update();
  writeAddress(app);
}

function setView(app, view) {
  const possible = view === "equivalent" && app.trace.views?.[app.state.pass];
  app.player.stop();
  app.state.view = possible ? "equivalent" : "direct";
  if ((possible ? app.stage : app.equivalent).element.contains(focusedElement(app.root))) app.root.focus({ preventScroll: true });
  app.stage.element.hidden = Boolean(possible);
  app.equivalent.element.hidden = !possible;
  if (possible) {
    const [name, cell] = app.state.shown;
    app.equivalent.open(app.state.pass, name === app.state.pass ? cell : centre(app, app.state.pass)[1]);
  }
  app.emit("view", app.state.view);
  app.player.update();
  writeAddress(app);
}

function escape(app) {
  if (app.tour.running) app.tour.close();
  else if (app.root.classList.contains("presenting")) present(app);
  else if (app.state.pinned) pin(app, ...app.state.pinned);
}

function rotate(app) {
  setView(app, "equivalent");
  const at = app.equivalent.kinds.indexOf("rotate");
  if (app.state.view !== "equivalent" || at < 0) return app.say(app.t("rotate.none"));
  if (at > 0) app.equivalent.seek(at - 1);
  app.seek(at);
}

// Present mode: only the equation and the sum, as large as the screen allows.
function present(app) {
  app.root.classList.toggle("presenting");
  relay(app);
}

function setLanguage(app, language) {
  const { trace, sums, state } = app,
    { view } = state,
    kept = done(app),
    [name, cell] = state.shown,
    step = app.tour.at;
  app.player.stop();
  state.language = language;
  app.listeners = {};
  buildShell(app);
  load(app, trace, sums, kept);
  shown(app, name, cell);
  setView(app, view);
  if (step >= 0) app.tour.go(step);
  app.languageButton.focus();
}

function relay(app) {
  const [name, cell] = app.state.shown;
  app.stage.build(app.space());
  app.state.fresh = true;
  shown(app, name, cell);
  if (app.state.view === "equivalent") app.equivalent.refresh();
}
