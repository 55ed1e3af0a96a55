// The keys that work wherever the focus is; those inside a grid are in stage.js.

const PASS_KEYS = { 1: "y", 2: "dx", 3: "dw" };

export function listenToKeys(app, where) {
  const onKey = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.closest?.("input, select, textarea, dialog, details[open]");
    if (typing && !(event.target.type === "range" && event.key !== " ")) return;
    if (event.key === " " && event.target.closest?.("button, summary, a")) return;
    if (act(app, event.key)) event.preventDefault();
  };
  where.addEventListener("keydown", onKey);
  return () => where.removeEventListener("keydown", onKey);
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
  else if (key === "?") app.help();
  else if (key === "Escape") app.escape();
  else return false;
  return true;
}
