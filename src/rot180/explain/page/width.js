// The layout depends on the width of the host's element, because a notebook cell is narrower than the window.

export const COLUMNS = 650; // pixels that the panels need to stand in three columns
const MARGINS = 34, // of the page, where it is narrow
  BESIDE = 526, // wider margins, the formula, the gap between
  SOON = 150; // ms

export function classify(app) {
  app.root.classList.toggle("narrow", !wide(app));
  app.root.classList.toggle("phone", onPhone(app));
}

export function onPhone(app) {
  return !wide(app) && roomOf(app) < COLUMNS;
}

// The width for the panels, beside the formula or above it.
export function roomOf(app) {
  return app.root.clientWidth - (wide(app) ? BESIDE : MARGINS);
}

// The space for the equation: {width, height, stacked, present}.
export function stageOf(app) {
  const present = app.root.classList.contains("presenting"),
    seen = app.whole ? window.innerHeight : 900;
  return { width: roomOf(app), height: Math.max(seen - (present ? 240 : 420), 240), stacked: onPhone(app), present };
}

function wide(app) {
  return app.root.clientWidth >= COLUMNS + BESIDE;
}

// Calls `again` when the width has changed and stays the same for a moment.
export function watchSize(app, again) {
  let width = app.root.clientWidth,
    timer;
  const observer = new ResizeObserver(() => {
    if (app.root.clientWidth === width) return;
    width = app.root.clientWidth;
    classify(app);
    clearTimeout(timer);
    timer = setTimeout(again, SOON);
  });
  observer.observe(app.root);
  return () => observer.disconnect();
}
