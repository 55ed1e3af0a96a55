"""The stage: the equation of the pass, the colours of the weights; nothing covers, moves or leaves the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180.explain import Trace, trace
from tests.explain.browser.marks import cell, save, title, until

NINE = np.arange(1.0, 10).reshape(3, 3)
OPENING = {"input": 4, "kernel_size": 3, "padding": 1, "w": NINE}
EQUATION = (
    """() => [...document.querySelector(".equation").children].map(one => one.dataset.panel ?? one.textContent)"""
)
TINTS = """name => Object.fromEntries([...document.querySelectorAll(`[data-panel=${name}] td.met`)].map(td =>
  [td.textContent, [td.style.getPropertyValue("--hue"), td.dataset.badge]]))"""
LOOKS = """() => Object.fromEntries([...document.querySelectorAll("[data-panel=w] td")].map(td =>
  [td.dataset.letter, [td.style.getPropertyValue("--own"), td.textContent]]))"""
# The marked cells of large panels that are not visible in their panel.
HIDDEN = """() => [...document.querySelectorAll(".equation td")].filter(td =>
  ["target", "blue", "orange"].some(role => td.classList.contains(role))).filter(td => {
    const cell = td.getBoundingClientRect(), box = td.closest(".scroller").getBoundingClientRect();
    return cell.left < box.left - 1 || cell.right > box.right + 1
      || cell.top < box.top - 1 || cell.bottom > box.bottom + 1;
  }).map(td => [td.closest("[data-panel]").dataset.panel, td.cell])"""
# Pairs of parts of the page that cover each other.
COVERED = """() => {
  const parts = [".top", ".controls", ".toolbar", ".saying", ".formula", ".plates", ".equation > *", ".others > *"]
    .flatMap(one => [...document.querySelectorAll(one)]).filter(one => one.offsetParent)
    .filter(one => !one.matches(".phone .formula")); // a sheet lies over the page by design
  const boxes = parts.map(one => one.getBoundingClientRect()), found = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left),
      down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 1) found.push([parts[i].className, parts[i + 1 + j].className]);
  }));
  return found; }"""
BOXES = """() => [...document.querySelectorAll(".equation > *, .others > *")].map(one =>
  Object.values(one.getBoundingClientRect().toJSON()))"""


@pytest.fixture
def opening(open_file: Callable[..., Any]) -> Any:
    """The opening page."""
    return open_file(trace("conv2d", **OPENING), fragment="#v=1&cell=dx.5", height=800)


def test_each_pass_is_an_equation(opening: Any) -> None:
    assert opening.evaluate(EQUATION) == ["dy", "⋆", "w", "=", "dx"]
    assert opening.locator(".headline").inner_text() == "An input's gradient is the sum of dy times the rotated kernel."
    opening.locator("[data-pass=y]").click()
    assert opening.evaluate(EQUATION) == ["x", "⋆", "w", "=", "y"]
    assert opening.locator(".headline").inner_text() == "An output is the sum of the input times the kernel laid on it."
    cell(opening, "dw", 4).click()  # a click on a small array chooses its pass
    until(opening, f"String(({EQUATION})()) === 'x,⋆,dy,=,dw'")
    assert title(opening).startswith("dw[1,1] = ")
    assert "∗" not in opening.locator(".rot180-explainer").inner_text()


def test_the_patch_on_dy_is_the_kernel_upside_down(opening: Any) -> None:
    """Cell (1, 1) of dx meets all nine weights: the hues on dy are those of the kernel, in the opposite order."""
    assert title(opening).startswith("dx[1,1] = ")
    assert opening.locator(".ledger tbody tr").count() == 9
    looks = opening.evaluate(LOOKS)
    assert [letter for letter, _ in sorted(looks.items())] == list("abcdefghi")
    assert len({hue for hue, _ in looks.values()}) == 9
    met = opening.locator("[data-panel=dy] td.met")
    letters = met.evaluate_all("cells => cells.map(td => td.dataset.badge)")
    hues = met.evaluate_all("cells => cells.map(td => td.style.getPropertyValue('--hue'))")
    assert letters == list("ihgfedcba")
    assert hues == [looks[letter][0] for letter in letters]
    opening.locator("[data-pass=y]").click()
    cell(opening, "y", 5).hover()
    letters = opening.locator("[data-panel=x] td.met").evaluate_all("cells => cells.map(td => td.dataset.badge)")
    assert letters == list("abcdefghi")


def test_the_loop_changes_only_its_accumulator(opening: Any) -> None:
    loops = []
    for name in ("y", "dx", "dw"):
        opening.locator(f"[data-pass={name}]").click()
        loops.append(opening.locator(".loop code").first.inner_text())
    assert loops == ["y[p,q] += x[i,j] · w[u,v]", "dx[i,j] += dy[p,q] · w[u,v]", "dw[u,v] += x[i,j] · dy[p,q]"]
    assert opening.locator(".sum-line").inner_text().startswith("= ")


def test_the_first_screen_needs_no_scrolling(opening: Any) -> None:
    opening.set_viewport_size({"width": 1280, "height": 720})
    for language in ("en", "zh"):
        edge = opening.locator(".bottom").bounding_box()["y"]
        assert edge + opening.locator(".bottom").bounding_box()["height"] <= 720
        for part in (".headline", ".equation", ".sum-title", ".loop"):
            box = opening.locator(part).bounding_box()
            assert box["y"] >= 0, (part, language)
            assert box["y"] + box["height"] <= edge, (part, language)
        opening.locator("[data-act=language]").click()


LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "3": ("conv2d", {"input": 3, "kernel_size": 3, "padding": 1}),
    "16": ("conv2d", {"input": 16, "kernel_size": 3, "padding": 1}),
    "transposed 7": ("conv_transpose2d", {"input": 7, "kernel_size": 3, "stride": 2}),
    "transposed 32": ("conv_transpose2d", {"input": 32, "kernel_size": 3, "stride": 2}),
    "channels": ("conv2d", {"input": 5, "kernel_size": 3, "channels": 3, "outputs": 2}),
    "64": ("conv2d", {"input": 64, "kernel_size": 3, "padding": 1}),
    "pool": ("max_pool2d", {"input": 12, "kernel_size": 3}),
    "1-d": ("conv1d", {"input": 64, "kernel_size": 5, "bias": True}),
}
WIDTHS = (360, 768, 1280, 1440, 1920)
SOME = (("transposed 7", 1280), ("64", 360), ("channels", 768))


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *SOME,
        *(
            pytest.param(name, width, marks=pytest.mark.slow)
            for name in LAYERS
            for width in WIDTHS
            if (name, width) not in SOME
        ),
    ],
)
def test_nothing_is_covered_and_nothing_scrolls_sideways(
    name: str, width: int, open_file: Callable[..., Any], keep_picture: Any
) -> None:
    op, settings = LAYERS[name]
    page = open_file(trace(op, **settings), width=width, height=800, reduced_motion="reduce")
    for target in ("y", "dx", "dw"):
        button = page.locator(f"[data-pass={target}]")
        if not button.is_visible():
            continue
        button.click()
        assert page.evaluate(COVERED) == [], target
        assert page.evaluate("document.documentElement.scrollWidth") <= width, target
        if "pool" not in op:
            page.locator("[data-view=equivalent]").click()
            page.locator(".player input").evaluate(
                "scrub => { scrub.value = scrub.max; scrub.dispatchEvent(new Event('input')); }"
            )
            assert page.evaluate(COVERED) == [], (target, "step by step")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (target, "step by step")
            page.locator("[data-view=direct]").click()
    keep_picture(page, f"stage-{name}-{width}")


@pytest.mark.parametrize("name", ["transposed 32", pytest.param("64", marks=pytest.mark.slow), "1-d"])
def test_the_cells_of_the_sum_are_in_view(name: str, open_file: Callable[..., Any]) -> None:
    op, settings = LAYERS[name]
    page = open_file(trace(op, **settings), height=800)
    assert page.evaluate(HIDDEN) == []
    for target in ("y", "dx"):  # a cell of dw is a sum over nearly all of x and dy
        page.locator(f"[data-pass={target}]").click()
        assert page.evaluate(HIDDEN) == [], target
    for _ in range(25):
        page.keyboard.press("]")
    assert page.evaluate(HIDDEN) == []


def test_the_ledger_and_the_message_stay_in_view(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", input=6, kernel_size=3, channels=3, outputs=2), height=800)
    page.locator(".others .panel").last.scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 0
    for part in (".sum-title", ".live", ".player"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["y"] <= 800 - box["height"], part


def test_a_pinned_cell_looks_different_and_nothing_moves_under_the_pointer(opening: Any) -> None:
    outline = "td => getComputedStyle(td).outlineWidth"
    target = opening.locator("[data-panel=dx] td.target")
    pinned = target.evaluate(outline)
    opening.keyboard.press("Escape")
    before = opening.evaluate(BOXES)
    cell(opening, "dx", 10).hover()
    assert opening.locator("[data-panel=dx] td.target").evaluate(outline) != pinned
    for name in ("x", "y", "dw", "w", "dy"):
        cell(opening, name, 4).hover()
        opening.wait_for_timeout(250)
        assert opening.evaluate(BOXES) == before, name


def partial_layer() -> Trace:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 24, 6, 6)) * 0.02, rng.normal(size=(24, 24, 3, 3)) * 0.02
    shown = trace("conv2d", x=x, w=w, padding=1, selection={"o": [18]})
    source = {"run": "runs/digits", "layer": "conv2", "image": "three.png", "class": "three"}
    return Trace(shown.layer, shown.request, shown.inputs, shown.selection, shown.rest, source)


def test_the_slices_of_a_trained_layer_have_its_channels(open_file: Callable[..., Any]) -> None:
    page = open_file(partial_layer())
    page.locator("[data-pass=y]").click()
    page.locator("[data-view=equivalent]").click()
    options = page.locator(".plates + .note option").all_inner_texts()
    assert options[0] == "x[0,0] ⋆ w[18,0]"
    assert "w[18,0," in page.locator(".ledger").inner_text()


def test_a_trained_layer_says_what_dy_is_and_has_no_negative_zero(open_file: Callable[..., Any]) -> None:
    page = open_file(partial_layer())
    assert "the score of the class “three” changes" in page.locator(".saying").inner_text()
    texts = page.locator("td[role=gridcell]").all_inner_texts()
    assert "−0.0" not in texts
    assert "−0.00" not in texts
    rows = page.locator(".ledger tbody tr").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert max(rows) < 30  # one line each
    heights = page.locator(".panel h3").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert max(heights) < 34  # one line each


def test_a_max_pool_marks_the_winning_cell(open_file: Callable[..., Any]) -> None:
    x = [[1, 5, 2, 0], [3, 4, 9, 1], [0, 1, 1, 1], [2, 0, 1, 1]]
    page = open_file(trace("max_pool2d", x=x, kernel_size=2))
    cell(page, "y", 1).hover()
    won = "[...document.querySelectorAll('td.won')].map(td => [td.closest('[data-panel]').dataset.panel, td.cell])"
    assert page.evaluate(won) == [["dx", 6], ["x", 6]]
    cell(page, "dx", 1).hover()
    assert page.evaluate(won) == [["x", 1]]


def test_the_picture_has_the_ledger_the_sizes_and_the_hatching(opening: Any, tmp_path: Any) -> None:
    text = save(opening, "svg", tmp_path).read_text("utf-8")
    for row in opening.locator(".ledger tbody .refs").all_inner_texts():
        assert f">{row}</text>" in text, row
    assert text.count(">4\u2009×\u20094</text>") == 4
    opening.locator("[data-view=equivalent]").click()
    opening.locator("[data-kind=pad]").click()
    text = save(opening, "svg", tmp_path).read_text("utf-8")
    assert text.count("<line") >= opening.locator("[data-plate=dy] td.padding").count() > 10


def test_present_mode_shows_the_equation_alone(opening: Any) -> None:
    opening.set_viewport_size({"width": 1920, "height": 1080})
    until(opening, "document.querySelector('.equation').getBoundingClientRect().width > 700")
    opening.keyboard.press("f")
    assert not opening.locator(".controls").is_visible()
    assert not opening.locator(".toolbar").is_visible()
    assert cell(opening, "dx", 0).bounding_box()["width"] == pytest.approx(80, abs=1)
    assert opening.evaluate("document.documentElement.scrollHeight") <= 1080
    opening.keyboard.press("Escape")
    assert opening.locator(".controls").is_visible()


def test_a_row_of_the_ledger_draws_a_line_between_its_cells(opening: Any) -> None:
    opening.locator(".ledger tbody tr").nth(0).hover()
    line = opening.locator(".thread line").bounding_box()
    for name, flat in (("dy", 0), ("w", 8)):
        box = cell(opening, name, flat).bounding_box()
        edge = box["x"] + (box["width"] if name == "dy" else 0)
        assert edge == pytest.approx(line["x"] + (0 if name == "dy" else line["width"]), abs=2)
    opening.mouse.move(5, 5)
    assert opening.locator(".thread").count() == 0


def test_on_a_phone_the_sum_is_a_sheet_above_the_player(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **OPENING), width=390, height=844, has_touch=True, is_mobile=True)
    cell(page, "dy", 5).tap()
    sheet, bar = page.locator(".formula").bounding_box(), page.locator(".bottom").bounding_box()
    assert sheet["y"] + sheet["height"] == pytest.approx(bar["y"], abs=1)
    assert bar["y"] + bar["height"] == pytest.approx(844, abs=1)
    assert sheet["height"] <= 844 * 0.34


def test_share_copies_the_address(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **OPENING), permissions=["clipboard-read", "clipboard-write"])
    cell(page, "dx", 3).click()
    page.locator("[data-act=share]").click()
    until(page, "document.querySelector('.live').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()").count("&cell=dx.3&") == 1


def test_the_heat_map_shades_numbers_and_leaves_the_weights_their_hues(opening: Any) -> None:
    ground = "td => getComputedStyle(td).backgroundColor"
    plain, weight = cell(opening, "dx", 15).evaluate(ground), cell(opening, "w", 0).evaluate(ground)
    opening.locator(".settings > summary").click()
    opening.locator("[data-act=heat]").check()
    assert cell(opening, "dx", 15).evaluate(ground) != plain
    assert cell(opening, "w", 0).evaluate(ground) == weight
    opening.locator("[data-act=heat]").uncheck()
    assert cell(opening, "dx", 15).evaluate(ground) == plain


FLYERS = "document.querySelectorAll('.flying b').length"
PLACES = """() => [...document.querySelectorAll(".flying b")].map(one => {
  const box = one.getBoundingClientRect();
  return [one.textContent, box.left + box.width / 2, box.top + box.height / 2]; })"""


def test_the_kernel_turns_and_lands_on_dy_when_the_page_opens(opening: Any) -> None:
    until(opening, f"{FLYERS} === 9")
    opening.evaluate("document.getAnimations().forEach(one => { one.pause(); one.currentTime = 2300; })")
    landed = {text: (left, top) for text, left, top in opening.evaluate(PLACES)}
    for row, column in np.ndindex(3, 3):
        box = cell(opening, "dy", 4 * row + column).bounding_box()
        left, top = landed[str(9 - 3 * row - column)]  # upside down
        assert left == pytest.approx(box["x"] + box["width"] / 2, abs=1)
        assert top == pytest.approx(box["y"] + box["height"] / 2, abs=1)
    opening.evaluate("document.getAnimations().forEach(one => one.finish())")
    until(opening, f"{FLYERS} === 0")
    opening.locator("[data-act=replay]").click()
    assert opening.evaluate(FLYERS) == 9
    opening.locator("[data-pass=y]").click()
    assert opening.evaluate(FLYERS) == 0


def test_nothing_flies_with_reduced_motion(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **OPENING), reduced_motion="reduce")
    page.wait_for_timeout(800)
    assert page.evaluate(FLYERS) == 0


def test_the_kernels_of_the_tour_show_their_rotation(opening: Any) -> None:
    opening.locator("[data-act=tour]").click()
    numbers = "[...document.querySelectorAll('[data-panel=w] td')].map(td => td.textContent)"
    for step in range(1, 8):
        found = opening.evaluate(numbers)
        assert len(set(found)) == len(found), step
        opening.locator(".tour .strong").click()
