// The buttons that choose the pass (output, input gradient, kernel gradient) and the view.

import { make } from "./dom.js";
import { NAMES } from "./names.js";

const PASSES = ["y", "dx", "dw"],
  VIEWS = ["direct", "equivalent"];

export function makeToolbar(app) {
  const passes = PASSES.map(pass =>
    make(
      "button",
      { type: "button", "data-pass": pass, onclick: () => app.choosePass(pass) },
      make("span", { class: "symbol" }, NAMES[pass]),
      make("span", {}, app.t(`pass.${pass}`)),
    ),
  );
  const views = VIEWS.map(view =>
    make(
      "button",
      { type: "button", "data-view": view, title: app.t(`view.${view}.title`), onclick: () => app.setView(view) },
      app.t(`view.${view}`),
    ),
  );
  const choice = (key, buttons) => make("div", { class: "choice", role: "group", "aria-label": app.t(key) }, buttons);
  const viewChoice = choice("view.label", views);
  app.on("pass", pass => {
    for (const button of passes) button.setAttribute("aria-pressed", String(button.dataset.pass === pass));
  });
  app.on("view", view => {
    for (const button of views) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  });
  return {
    element: make("div", { class: "toolbar" }, choice("pass.label", passes), viewChoice),
    update() {
      for (const button of passes) button.hidden = !app.sums.values[button.dataset.pass];
      viewChoice.hidden = !Object.keys(app.trace.views ?? {}).length;
    },
  };
}
