// The host of the page outside notebooks. Its model returns the data in the document.

function hostModel(data) {
  const values = { ...data },
    listeners = {};
  return {
    get: name => values[name],
    set(name, value) {
      values[name] = value;
      for (const act of [...(listeners[`change:${name}`] ?? [])]) act();
    },
    save_changes() {},
    on: (event, act) => {
      (listeners[event] ??= []).push(act);
    },
    off(event, act) {
      listeners[event] = (listeners[event] ?? []).filter(other => other !== act);
    },
  };
}

widget.render({
  model: hostModel(JSON.parse(document.getElementById("rot180-data").textContent)),
  el: document.getElementById("rot180-page"),
});

// With `?embed` in its address, the document shows the layer alone and reports its height to the page around it.
if (new URLSearchParams(location.search).has("embed")) {
  document.body.classList.add("rot180-embedded");
  const content = document.getElementById("rot180-page");
  new ResizeObserver(() => {
    parent.postMessage({ rot180: { height: content.scrollHeight } }, "*");
  }).observe(content);
}
