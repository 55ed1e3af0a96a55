// What follows from the width that the host gives: a notebook's cell is narrower than the window, so no rule asks that.

const ONE_COLUMN = 1040, // pixels: up to here one thing stands under another
  PHONE = 700,
  SOON = 150; // ms

export function classify(app) {
  const width = app.root.clientWidth;
  app.root.classList.toggle("narrow", width > 0 && width <= ONE_COLUMN);
  app.root.classList.toggle("phone", width > 0 && width <= PHONE);
}

// The width for the panels, beside the formula or above it.
export function roomOf(app) {
  const width = app.root.clientWidth;
  return width > ONE_COLUMN ? width - 64 - 400 - 62 : width - 34;
}

// Lays the page out anew when its width changes: `again` once it stays.
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
