// The layer's settings. Each change requests a new trace. In a file, which has no Python, a line says so instead.

import { make, replace } from "./dom.js";
import { fill, settingFields } from "./fields.js";
import { ownNumbers } from "./pasting.js";
import { onPhone } from "./width.js";

export function makeControls(app) {
  const element = make("section", { class: "controls", "aria-label": app.t("controls.label") });
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const fields = make("div", { class: "fields" });
  const settings = make("details", { class: "settings" }, make("summary", {}, app.t("controls.label")), fields);
  settings.open = !app.listening || !app.root.clientWidth || !onPhone(app); // on a phone the numbers come first
  replace(element, settings, error);
  let shape = "";
  return {
    element,
    update() {
      const { request } = app.trace,
        now = `${request.op} ${Object.keys(request)} ${app.listening}`;
      if (shape !== now)
        replace(
          fields,
          app.listening
            ? [...settingFields(app), ownNumbers(app), resetButton(app)]
            : [fixedNote(app), ownNumbers(app), resetButton(app)],
        );
      fields.classList.toggle("plainly", !app.listening);
      shape = now;
      if (app.listening) fill(app, fields);
    },
    error(text) {
      error.hidden = !text;
      error.textContent = text;
    },
  };
}

function fixedNote(app) {
  return make("p", { class: "note" }, app.t("controls.fixed"), " ", make("code", {}, "rot180 explain"));
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
