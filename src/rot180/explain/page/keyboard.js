// Keyboard shortcuts that work everywhere on the page; those of a grid are in stage.js.

const PASS_KEYS = { 1: "y", 2: "dx", 3: "dw" };

export function listenToKeys(app, where) {
  const onKey = event => {
    if (withModifier(event) || event.defaultPrevented) return;
    const typing = event.target.closest?.("input, select, textarea, dialog, details[open]");
    if (typing && !(event.target.type === "range" && event.key !== " ")) return;
    if (event.key === " " && event.target.closest?.("button, summary, a")) return;
    if (act(app, event.key)) event.preventDefault();
  };
  where.addEventListener("keydown", onKey);
  const shared = keepFromJupyter(app);
  return () => {
    where.removeEventListener("keydown", onKey);
    shared();
  };
}

// In JupyterLab a letter is a command for the notebook cell (x cuts it) unless the focused element has this attribute.
// JupyterLab listens in the document's capture phase, so this listener must come before it.
function keepFromJupyter(app) {
  const mark = event => {
    const path = event.composedPath();
    if (path.includes(app.root)) path[0].toggleAttribute("data-lm-suppress-shortcuts", !withModifier(event));
  };
  window.addEventListener("keydown", mark, true);
  return () => window.removeEventListener("keydown", mark, true);
}

function withModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

function act(app, key) {
  if (PASS_KEYS[key]) {
    if (!app.sums.values[PASS_KEYS[key]]) return false;
    app.choosePass(PASS_KEYS[key]);
  } else if (key === " ") app.player.toggle();
  else if (key === "[") app.step(-1);
  else if (key === "]") app.step(1);
  else if (key === "t" || key === "T") app.transpose();
  else if (key === "r" || key === "R") app.rotate();
  else if (key === "e" || key === "E") app.setView(app.state.view === "direct" ? "equivalent" : "direct");
  else if (key === "f" || key === "F") app.present();
  else if (key === "?") app.help();
  else if (key === "Escape") app.escape();
  else return false;
  return true;
}
