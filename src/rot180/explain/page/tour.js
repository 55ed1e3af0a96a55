// The guided tour: seven steps, each of which shows a layer that is set up for it.

import { make, replace } from "./dom.js";
import { traceOf } from "./traces.js";

// The layers of the tour. The kernel of the first has four different numbers, so that its rotation is visible.
const LAYERS = {
  stride1: [{ op: "conv2d", input: 4, kernel: 2 }, { w: [1, 2, 3, 4] }],
  stride2: [{ op: "conv2d", input: 5, kernel: 3, stride: 2 }, { w: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
  transposed: [{ op: "conv_transpose2d", input: 3, kernel: 3, stride: 2 }, { x: [1, 2, 3, 4, 5, 6, 7, 8, 9], w: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
  output_padding: [{ op: "conv_transpose2d", input: 3, kernel: 3, stride: 2, padding: 1, output_padding: 1 }, { w: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
};

// trace: the name of a layer; pass, view: what is shown; play: start the player; reverse: the array to point at.
const STEPS = [
  { trace: "stride1", pass: "y", view: "direct", play: true },
  { trace: "stride1", pass: "y", view: "direct" },
  { trace: "stride1", pass: "dw", view: "direct" },
  { trace: "stride1", pass: "dx", view: "equivalent", play: true },
  { trace: "stride2", pass: "dx", view: "equivalent", play: true },
  { trace: "transposed", pass: "y", view: "direct", reverse: "x" },
  { trace: "output_padding", pass: "y", view: "equivalent", play: true },
];

export function makeTour(app) {
  const title = make("h2"),
    text = make("p"),
    count = make("span", { class: "count" });
  const back = make("button", { type: "button", class: "plain", onclick: () => go(at - 1) }, app.t("tour.back"));
  const on = make("button", { type: "button", class: "plain strong", onclick: () => go(at + 1) });
  const end = make("button", { type: "button", class: "link", onclick: () => close() }, app.t("tour.end"));
  const element = make(
    "section",
    { class: "tour", hidden: true, "aria-label": app.t("tour.title") },
    count,
    title,
    text,
    make("div", { class: "row" }, back, on, end),
  );
  let at = -1;

  function go(next) {
    if (next >= STEPS.length) return close();
    app.suspended ??= { trace: app.trace, sums: app.sums, pass: app.state.pass, view: app.state.view, ...app.done() };
    at = Math.max(0, next);
    app.touring = true;
    app.root.classList.add("touring");
    element.hidden = false;
    replace(count, `${at + 1} / ${STEPS.length}`);
    replace(title, app.t(`tour.${at + 1}.title`));
    replace(text, app.t(`tour.${at + 1}.text`));
    back.disabled = at === 0;
    on.textContent = app.t(at === STEPS.length - 1 ? "tour.done" : "tour.next");
    setUp(app, STEPS[at]);
  }
  function close() {
    app.player.stop();
    element.hidden = true;
    app.touring = false;
    app.root.classList.remove("touring");
    at = -1;
    const own = app.suspended;
    app.suspended = null;
    if (own) {
      app.load(own.trace, own.sums, own);
      app.choosePass(app.sums.values[own.pass] ? own.pass : "y");
      if (own.pinned) app.show(...own.pinned);
      app.setView(own.view);
    }
    app.tourButton?.focus();
  }
  return {
    element,
    go,
    close,
    get at() {
      return at;
    },
    get running() {
      return at >= 0;
    },
  };
}

function setUp(app, step) {
  app.player.stop();
  app.setView("direct");
  app.load(traceOf(...LAYERS[step.trace]));
  const pass = app.sums.values[step.pass] ? step.pass : "y";
  app.choosePass(pass);
  if (step.reverse) app.show(step.reverse, Math.floor(app.sums.values[step.reverse].length / 2));
  if (step.view === "equivalent") app.setView("equivalent");
  if (step.play) {
    if (step.view === "direct") app.seek(0);
    app.player.toggle();
  }
}
