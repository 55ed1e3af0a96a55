"""A reload restores the state; if the address is too short for it, the page says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rot180.explain import Trace, trace
from rot180.explain.server import Server
from tests.explain.browser.marks import cell, edit, title, until, values


@pytest.fixture
def serve_it() -> Iterator[Callable[[Trace], str]]:
    """Serve a trace and return the address."""
    running = []

    def serving(shown: Trace) -> str:
        server = Server(shown, port=0)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield serving
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def large(**settings: Any) -> Trace:
    return trace("conv2d", x=np.arange(1000.0, 1400).reshape(20, 20), kernel_size=3, **settings)


def note(page: Any) -> str:
    return str(page.locator(".cut").inner_text()) if page.locator(".cut").is_visible() else ""


def test_numbers_too_long_for_the_address_are_restored(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(large()))
    assert note(page).startswith("The numbers of x do not fit into the address. Reloading this page restores them")
    page.locator("[data-pass=y]").click()
    cell(page, "y", 40).click()
    before, heading = values(page), title(page)
    page.reload()
    page.wait_for_load_state("networkidle")  # a reply with other numbers has arrived by then
    assert values(page) == before
    assert title(page) == heading
    page.locator("[data-field=stride][data-axis='0']").fill("2")
    until(page, "document.querySelector('[data-panel=y] .size').textContent.startsWith('9')")
    before = values(page)
    page.reload()
    until(page, "document.querySelector('[data-panel=y] .size').textContent.startsWith('9')")
    assert values(page) == before
    assert before["x"][0] == 1000


@pytest.mark.slow
def test_edits_too_long_for_the_address_are_not_lost_silently(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(large()))
    edit(page, "x", 0, "5")
    assert "Neither a reload nor a link restores them" in note(page)
    page.reload()
    until(page, "document.querySelector('.cut').textContent.startsWith('This link does not contain the numbers of x')")
    assert values(page)["x"][0] == 1000


@pytest.mark.slow
@pytest.mark.slow
def test_a_link_says_that_it_does_not_contain_the_numbers(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(large()))
    fragment = page.evaluate("location.hash")
    other = new_page()
    other.goto(serve_it(trace("conv2d")) + fragment)
    until(other, "document.querySelector('.cut').textContent.startsWith('This link does not contain the numbers of x')")
    assert other.locator("[data-panel=x] td").count() == 400
    third = new_page()
    third.goto(serve_it(trace("conv2d", x=np.ones((20, 20)), kernel_size=3)) + fragment)
    until(third, "document.querySelector('.cut').textContent.startsWith('This link does not contain the numbers of x')")


@pytest.mark.slow
@pytest.mark.slow
def test_a_link_without_arrays_does_not_show_those_of_the_server(new_page: Callable[..., Any], serve_it: Any) -> None:
    drawn = trace("conv2d")
    page = new_page()
    page.goto(serve_it(trace("conv2d", x=np.full((5, 5), 7.0))) + "#v=1&op=conv2d&input=5x5&kernel=3x3")
    until(page, "document.querySelector('[data-panel=x] td').textContent !== '7'")
    assert values(page)["x"] == drawn.arrays["x"].ravel().tolist()


@pytest.mark.slow
@pytest.mark.slow
def test_the_requested_channels_are_restored(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(trace("conv2d", input=20, channels=40, outputs=40, selection={"o": [7]})))
    page.locator("[data-pass=y]").click()
    cell(page, "y", 30).click()
    before = title(page)
    assert before.startswith("y[0,7,")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert title(page) == before
    page.locator("[data-field=stride][data-axis='0']").fill("2")
    until(page, "document.querySelector('[data-panel=y] .size').textContent.startsWith('9')")
    before = title(page)  # the pin stays
    assert before.startswith("y[0,7,")
    page.reload()
    until(page, "expected => document.querySelector('.sum-title').innerText === expected", before)


@pytest.mark.slow
@pytest.mark.slow
def test_edits_and_pins_survive_the_tour_and_a_change_of_language(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(trace("conv2d", kernel_size=2)))
    edit(page, "x", 0, "44")
    cell(page, "dx", 1).click()
    before, heading = values(page), title(page)
    page.locator("[data-act=tour]").click()
    for _ in range(5):
        page.locator(".tour .strong").click()
    page.locator("[data-act=language]").click()
    assert page.locator(".tour .count").inner_text() == "6 / 7"
    page.keyboard.press("Escape")
    assert values(page) == before
    assert title(page) == heading
    assert page.locator("[aria-selected=true]").count() == 1
    assert page.locator("[data-act=reset]").is_visible()
    page.reload()
    until(page, "document.querySelector('[data-panel=x] td').textContent === '44'")
    assert values(page) == before
    page.locator("[data-act=tour]").click()
    page.keyboard.press("Escape")
    page.locator("[data-field=stride][data-axis='0']").fill("2")
    until(page, "document.querySelector('[data-panel=y] .size').textContent.startsWith('2')")
    assert values(page)["x"][0] == 44


@pytest.mark.slow
@pytest.mark.slow
def test_a_setting_typed_just_before_the_tour_is_applied_after_it(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(trace("conv2d", kernel_size=2)))
    page.locator("[data-field=stride][data-axis='0']").fill("2")
    page.locator("[data-act=tour]").click()
    page.keyboard.press("Escape")
    until(page, "document.querySelector('[data-panel=y] .size').textContent.startsWith('2')")


@pytest.mark.slow
def test_transposing_and_pasting_keep_the_other_arrays_of_the_user(new_page: Callable[..., Any], serve_it: Any) -> None:
    page = new_page()
    page.goto(serve_it(trace("conv2d", w=np.arange(1.0, 10).reshape(3, 3))))
    cell(page, "y", 0).click()
    page.keyboard.press("t")
    until(page, "document.querySelector('h1').textContent === '2-D transposed convolution'")
    assert values(page)["w"] == list(range(1, 10))
    assert page.evaluate("document.activeElement.closest('[data-panel]') !== null")
    page.locator(".settings > summary").click()
    page.locator(".own summary").click()
    page.locator(".own textarea").fill("1 2 3\n4 5 6\n7 8 9\n0 1 2")
    page.locator(".own button").click()
    until(page, "document.querySelectorAll('[data-panel=x] td').length === 12")
    assert values(page)["w"] == list(range(1, 10))
