"""report.html in a headless Chromium: phone and desktop sizes, light and dark themes, and print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rot180
from rot180 import data, models, train
from rot180.train import report
from tests.contrast import CONTRAST, worst_contrast

pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
HEADINGS = [
    "Training curves", "Confusion matrix", "Precision and recall", "Worst mistakes", "First-layer filters",
    "Feature maps of one image", "Gradient at this image", "Layers",
]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run that was stopped early, with long and hostile class and file names."""
    rot180.manual_seed(0)
    digits, test = data.digits(), data.digits("test")
    names = ["<script>alert(1)</script>", "w" * 200, "a name of several words", *"3456789"]
    images = data.LabelledImages(digits.images[:300], digits.labels[:300], names, {"name": "d" * 300})
    held_out = data.LabelledImages(test.images[:100], test.labels[:100], names)
    held_out.files = tuple(f"{'long-' * 40}{i}<script>alert(2)</script>.png" for i in range(100))
    folder = tmp_path_factory.mktemp("runs") / "r"
    net = models.build("small", (1, 8, 8), 10)
    train.fit(net, images, validation=held_out, epochs=2, out=folder, log=None)
    return report.write(folder, held_out, command="rot180 train digits " + "--word " * 60)


@pytest.fixture(
    params=[
        ("phone", "light"), ("desk", "dark"),
        pytest.param(("phone", "dark"), marks=pytest.mark.slow),
        pytest.param(("desk", "light"), marks=pytest.mark.slow),
    ],
    ids="-".join,
)  # fmt: skip
def page(request: pytest.FixtureRequest, browser: Any, file: Path) -> Iterator[Any]:
    """The page in a fresh profile, with all its console messages and requests."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    opened = context.new_page()
    opened.messages, opened.requests, opened.size, opened.scheme = [], [], size, scheme
    opened.on("console", lambda message: opened.messages.append(message.text))
    opened.on("pageerror", lambda error: opened.messages.append(str(error)))
    opened.on("dialog", lambda dialog: opened.messages.append(dialog.message))
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()


def test_the_page_reads_well(page: Any, file: Path) -> None:
    assert page.messages == []
    assert [url for url in page.requests if not url.startswith("data:")] == [file.as_uri()]
    width = SIZES[page.size][0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h2").all_inner_texts() == HEADINGS
    assert all(heading.is_visible() for heading in page.locator("h2").all())
    images = page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0 && i.clientWidth > 0)")
    assert len(images) > 50
    assert all(images)
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ratio, words = worst_contrast(page, silent="·")
    assert ratio >= CONTRAST, words
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground.strip("rgb()").split(","))) > 384) == (page.scheme == "light")
    assert page.messages == []


@pytest.mark.parametrize("page", [("phone", "light")], indirect=True, ids=["phone"])
def test_wide_tables_scroll_in_their_own_box(page: Any) -> None:
    boxes = page.locator(".scroll")
    wide = [box for box in boxes.all() if box.is_visible() and box.evaluate("b => b.scrollWidth > b.clientWidth")]
    assert wide
    for box in wide:
        assert box.evaluate("b => { b.scrollLeft = 40; return b.scrollLeft; }") > 0
        assert box.get_attribute("tabindex") == "0"  # so that it can be scrolled with the keyboard


def test_the_printed_page_is_light_and_has_no_links(browser: Any, file: Path) -> None:
    opened = browser.new_page(color_scheme="dark")
    opened.goto(file.as_uri())
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not opened.locator("nav").is_visible()
    assert worst_contrast(opened, silent="·")[0] >= CONTRAST
    assert opened.pdf().startswith(b"%PDF")
    opened.close()
