"""The smallest contrast of a text on a page with what lies under it, after WCAG 2.2."""

from __future__ import annotations

from typing import Any

CONTRAST = 4.5  # success criterion 1.4.3
_WORST = """([silent, passedOver]) => {
  const parse = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const luminance = c => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const s = c[i] / 255;
    return sum + weight * (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
  }, 0);
  const ground = element => {
    const colour = parse(getComputedStyle(element).backgroundColor);
    if (colour[3] === 1) return colour;
    return over(colour, element.parentElement ? ground(element.parentElement) : [255, 255, 255, 1]);
  };
  let worst = [99, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (!words || words === silent || !element.getClientRects().length) continue;
    if (passedOver && element.closest(passedOver)) continue;
    const style = getComputedStyle(element), under = ground(element);
    const ink = over(parse(element.closest("svg") ? style.fill : style.color), under);
    const [a, b] = [luminance(ink), luminance(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, words];
  }
  return worst;
}"""


def worst_contrast(page: Any, silent: str = "", passed_over: str = "") -> tuple[float, str]:
    """The ratio and the text; hatched grounds count by their colour.

    Args:
        silent: a text that stands for nothing at all.  passed_over: a selector of what need not be read.
    """
    ratio, words = page.evaluate(_WORST, [silent, passed_over])
    return ratio, words
