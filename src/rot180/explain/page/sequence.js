// The sequence that the player plays: the cells of the pass in order, or the frames of the step-by-step view.

export function addPlaying(app) {
  const { state } = app,
    film = () => state.view === "equivalent";
  Object.assign(app, {
    length() {
      return film() ? app.equivalent.length : app.cells.length;
    },
    position() {
      return film() ? app.equivalent.frame : app.isAt() ? Math.max(0, app.cells.indexOf(state.shown[1])) : 0;
    },
    // False while a cell of an array outside the sequence is shown.
    isAt() {
      return film() || state.shown[0] === state.pass;
    },
    frameKind() {
      return app.equivalent.kinds[app.equivalent.frame];
    },
    seek(to) {
      if (film()) app.equivalent.seek(to);
      else app.show(state.pass, app.cells[Math.max(0, Math.min(to, app.cells.length - 1))]);
      if (!film()) app.stage.reveal();
      app.player.update();
    },
    step(by, playing) {
      if (!playing) app.player.stop();
      if (!film() && state.shown[0] !== state.pass) return app.seek(0);
      app.seek(app.position() + by);
    },
  });
}
