// The dialog that lists the keyboard shortcuts.

import { make } from "./dom.js";

const KEYS = [
  ["move", "\u2190 \u2191 \u2192 \u2193"],
  ["ends", "Home  End"],
  ["corners", "Ctrl+Home  Ctrl+End"],
  ["edit", "Enter"],
  ["cancel", "Esc"],
  ["pin", "P"],
  ["play", "Space"],
  ["step", "[  ]"],
  ["pass", "1  2  3"],
  ["view", "E"],
  ["transpose", "T"],
  ["rotate", "R"],
  ["present", "F"],
  ["help", "?"],
];

export function makeHelp(app) {
  const rows = KEYS.map(([key, keys]) =>
    make(
      "tr",
      {},
      make(
        "th",
        { scope: "row" },
        keys.split("  ").flatMap((one, i) => (i ? [" ", make("kbd", {}, one)] : [make("kbd", {}, one)])),
      ),
      make("td", {}, app.t(`help.${key}`)),
    ),
  );
  const dialog = make(
    "dialog",
    { class: "help", "aria-label": app.t("help.title") },
    make("h2", {}, app.t("help.title")),
    make("p", { class: "note" }, app.t("help.mouse")),
    make("table", {}, make("tbody", {}, rows)),
    make("button", { type: "button", class: "plain", onclick: () => dialog.close() }, app.t("help.close")),
  );
  dialog.addEventListener("click", event => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
