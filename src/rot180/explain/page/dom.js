// Elements are made from names and text only, so data of a trace are never parsed as markup.

// make("button", { class: "quiet", onclick: act }, "text", child): `style` is an object of CSS properties.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
}

// True if the reader prefers reduced motion. The preference can change while the page is open.
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// The focused element of the document or shadow root that contains an element.
export function focusedElement(element) {
  return element.getRootNode().activeElement ?? null;
}
