// The entry point: render({ model, el }), the interface of anywidget, which every other host provides too.

import { makeApp } from "./app.js";

function render({ model, el }) {
  return makeApp(model, el);
}

export default { render };
