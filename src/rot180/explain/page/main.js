// The explainer: render({ model, el }), the form that anywidget expects and that every other host imitates.

import { makeApp } from "./app.js";

function render({ model, el }) {
  return makeApp(model, el);
}

export default { render };
