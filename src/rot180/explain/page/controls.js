// The controls for the layer's settings, and the error message for an invalid setting.

import { make, replace } from "./dom.js";
import { fill, settingFields } from "./fields.js";
import { ownNumbers } from "./pasting.js";
import { problemText } from "./problems.js";

export function makeControls(app) {
  const element = make("section", { class: "controls", "aria-label": app.t("controls.label") });
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const sentence = make("div", { class: "fields sentence" }),
    fields = make("div", { class: "fields" }),
    settings = make("details", { class: "settings" }, make("summary", {}, app.t("controls.more")), fields);
  settings.open = app.root.classList.contains("more"); // it stays open when the language changes
  settings.addEventListener("toggle", () => app.root.classList.toggle("more", settings.open));
  replace(element, sentence, settings, resetButton(app), error);
  let shape = "";
  return {
    element,
    update() {
      const { request } = app.trace,
        now = `${request.op} ${Object.keys(request)}`;
      if (shape !== now) {
        const { first, more } = settingFields(app);
        replace(sentence, first);
        replace(fields, [...more, heatMap(app), ownNumbers(app)]);
      }
      shape = now;
      fill(app, element);
    },
    problem(problem) {
      error.hidden = !problem;
      error.textContent = problem ? problemText(app, problem) : "";
    },
  };
}

// The option to shade every cell by the size of its number, in grey, because hues belong to the weights.
function heatMap(app) {
  const box = make("input", {
    type: "checkbox",
    "data-act": "heat",
    checked: app.root.classList.contains("heat"),
    onchange: () => app.root.classList.toggle("heat", box.checked),
  });
  return make("label", { class: "field" }, make("span", {}, app.t("controls.heat")), make("span", { class: "inputs" }, box));
}

// Undoes all edits; hidden if there are none.
function resetButton(app) {
  const button = make(
    "button",
    { type: "button", class: "link inline", hidden: true, "data-act": "reset", onclick: () => app.load(app.trace) },
    app.t("controls.reset"),
  );
  app.on("values", () => {
    button.hidden = false;
  });
  app.on("loaded", () => {
    button.hidden = !app.state.edited.size;
  });
  return button;
}
