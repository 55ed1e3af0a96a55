// The host of the page outside notebooks. The model holds the data in the document; a served page sends its requests to
// the server as POST /trace.

function hostModel(data) {
  const values = { error: "", request: null, file: null, ...data }, listeners = {};
  let asked = 0, unsent = false;

  const model = {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      if (name === "request") unsent = true;
      for (const act of [...(listeners[`change:${name}`] ?? [])]) act();
    },
    save_changes() {
      if (unsent && values.live) ask(values.request);
      unsent = false;
    },
    on: (event, act) => { (listeners[event] ??= []).push(act); },
    off(event, act) {
      listeners[event] = act ? (listeners[event] ?? []).filter((other) => other !== act) : [];
    },
  };

  async function ask(request) {
    const number = ++asked;
    const answer = await fetchAnswer(request, values);
    if (answer.file) save(answer.file);
    else if (number === asked && answer.error !== undefined) model.set("error", answer.error);
    else if (number === asked) {
      model.set("error", "");
      model.set("trace", answer.trace);
    }
  }

  return model;
}

async function fetchAnswer(request, values) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/trace", { method: "POST", headers, body: JSON.stringify({ request }) });
    return await response.json();
  } catch {
    return { error: values.strings["host.gone"][values.language] ?? "" };
  }
}

function save({ name, base64 }) {
  const link = document.createElement("a");
  link.href = `data:application/octet-stream;base64,${base64}`;
  link.download = name;
  link.click();
}

widget.render({
  model: hostModel(JSON.parse(document.getElementById("rot180-data").textContent)),
  el: document.getElementById("rot180-page"),
});
