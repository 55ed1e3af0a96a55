// The sentences that explain the chosen pass and dy.

import { make, reducedMotion, replace } from "./dom.js";
import { playMotion } from "./motion.js";

export function makeHeadline(app) {
  const title = make("h2", { class: "headline" }),
    words = make("p", { class: "note" }),
    again = make("button", { type: "button", class: "link", "data-act": "replay", onclick: () => playMotion(app) }, app.t("motion.replay")),
    element = make("div", { class: "saying" }, title, words);
  return {
    element,
    update() {
      const { op, source } = app.trace,
        kind = op.includes("max") ? "max" : op.includes("avg") ? "average" : op.includes("transpose") ? "transposed" : "conv";
      replace(title, app.t(`headline.${kind}.${app.state.chosen}`));
      replace(words, source?.class ? app.t("headline.score", { name: source.class }) : app.t("headline.dy"), " ", app.t("headline.point"), " ", app.sums.values.w && app.state.chosen !== "dw" && !reducedMotion() && again);
    },
  };
}
