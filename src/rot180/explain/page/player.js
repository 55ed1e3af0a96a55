// Play, step and scrub through the cells of the pass, or through the frames of the step-by-step view.

import { make } from "./dom.js";

const SPEEDS = [0.5, 1, 2, 4],
  BEAT = 800,
  PAUSE = 1500;

export function makePlayer(app) {
  const button = (name, act) =>
    make("button", {
      type: "button",
      class: "round",
      "data-act": name,
      "aria-label": app.t(`player.${name}`),
      title: app.t(`player.${name}`),
      onclick: act,
    });
  const back = button("back", () => app.step(-1)),
    play = button("play", () => toggle()),
    forward = button("forward", () => app.step(1));
  const scrub = make("input", {
    type: "range",
    min: 0,
    value: 0,
    "aria-label": app.t("player.scrub"),
    oninput: () => {
      stop();
      app.seek(Number(scrub.value));
    },
  });
  const speed = make(
    "select",
    { "aria-label": app.t("player.speed") },
    SPEEDS.map(one => make("option", { value: one, selected: one === 1 }, `${one}\u00d7`)),
  );
  const count = make("span", { class: "count" });
  const element = make(
    "div",
    { class: "player", role: "group", "aria-label": app.t("player.label") },
    back,
    play,
    forward,
    scrub,
    count,
    speed,
  );
  back.textContent = "\u2039";
  forward.textContent = "\u203a";
  let timer = null;

  function toggle() {
    if (timer) return stop();
    if (app.position() >= app.length() - 1) app.seek(0);
    beat();
    paint();
  }
  function beat() {
    const pause = app.state.view === "equivalent" && app.frameKind() !== "correlate" ? PAUSE : BEAT;
    timer = setTimeout(
      () => {
        if (app.position() >= app.length() - 1) return stop();
        app.step(1, true);
        beat();
      },
      pause / Number(speed.value),
    );
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    paint();
  }
  function paint() {
    play.classList.toggle("playing", Boolean(timer));
    play.setAttribute("aria-label", app.t(timer ? "player.pause" : "player.play"));
    play.title = app.t(timer ? "player.pause" : "player.play");
  }
  return {
    element,
    toggle,
    stop,
    get playing() {
      return Boolean(timer);
    },
    update() {
      scrub.max = Math.max(0, app.length() - 1);
      scrub.value = app.position();
      count.textContent = `${app.isAt() ? app.position() + 1 : "\u2013"} / ${app.length()}`;
    },
  };
}
