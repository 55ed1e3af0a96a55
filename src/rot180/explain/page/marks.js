// Marks cells with roles, badges and the tint of the weight that they meet, {panel, cell, role, badge, hue}. Only cells whose mark changes are updated.

const ROLES = ["target", "source", "blue", "orange", "fed", "won", "lost"];

export function makeMarks() {
  let current = new Map();
  return function mark(panels, wanted) {
    const next = new Map();
    for (const { name, cell, role, badge, hue } of wanted) {
      const element = panels[name]?.cells[cell];
      if (element && !next.has(element)) next.set(element, [role, badge ?? "", hue ?? ""]);
    }
    for (const element of current.keys()) if (!next.has(element)) setMark(element, "", "", "");
    for (const [element, [role, badge, hue]] of next) {
      const old = current.get(element);
      if (!old || old[0] !== role || old[1] !== badge || old[2] !== hue) setMark(element, role, badge, hue);
    }
    current = next;
  };
}

function setMark(element, role, badge, hue) {
  element.classList.toggle("met", Boolean(hue));
  if (hue) element.style.setProperty("--hue", hue);
  for (const one of ROLES) if (one !== role && element.classList.contains(one)) element.classList.remove(one);
  if (role) element.classList.add(role);
  if (role === "target") element.setAttribute("aria-selected", "true");
  else if (element.hasAttribute("aria-selected")) element.removeAttribute("aria-selected");
  if (badge === "") element.removeAttribute("data-badge");
  else element.setAttribute("data-badge", badge);
}
