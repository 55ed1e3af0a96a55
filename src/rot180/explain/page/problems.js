// The error for an invalid setting. Its text names the setting and the valid values, in the reader's language.

export class LayerProblem extends Error {
  // `key` names the text, problem.KEY; the value `name` is a setting, `axis` is "down", "across" or "along".
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

export function problemText(app, { key, values }) {
  const words = { ...values };
  if (words.name) words.name = app.t(`controls.${words.name}`);
  if (words.axis) words.axis = app.t(`axis.${words.axis}`);
  return app.t(`problem.${key}`, words);
}
