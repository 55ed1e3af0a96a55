// Which pass is looked at: the output, the gradient of the input, the gradient of the kernel.

import { make } from "./dom.js";
import { FACTORS, TARGETS } from "./sums.js";
import { NAMES } from "./naming.js";

export const PASSES = ["y", "dx", "dw"];

export function makeToolbar(app) {
  const buttons = PASSES.filter(pass => app.sums.values[pass]).map(pass => make(
    "button", { type: "button", "data-pass": pass, onclick: () => app.choosePass(pass) },
    make("span", { class: "symbol" }, NAMES[pass]), make("span", {}, app.t(`pass.${pass}`))));
  app.on("pass", pass => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.pass === pass));
  });
  return { element: make("div", { class: "toolbar" }, make("div", { class: "choice", role: "group", "aria-label": app.t("pass.label") }, buttons)) };
}
