"""Chromium with the explainer's page: as a file, as a module with a test model, and served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import Trace, bundle, document, strings, trace
from rot180.explain.server import Server

# Load the module as anywidget does, with a model whose trace the test sets.
MOUNT = """async ({ text, style, data }) => {
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const widget = (await import(url)).default, heard = {}, el = document.createElement("div");
  window.model = {
    saved: 0,
    get: name => data[name],
    set: (name, value) => { data[name] = value; (heard["change:" + name] ?? []).slice().forEach(act => act()); },
    save_changes() { this.saved++; },
    on: (event, act) => (heard[event] ??= []).push(act),
    off: (event, act) => { heard[event] = (heard[event] ?? []).filter(one => one !== act); },
  };
  document.body.append(el);
  window.unmount = widget.render({ model: window.model, el });
}"""


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """A page in a fresh profile that records console messages and requests; fails if there were any messages."""
    opened = []

    def open_one(width: int = 1280, height: int = 900, **settings: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.set_default_timeout(10_000)
        opened.append((context, page))
        return page

    yield open_one
    said = [line for _, page in opened for line in page.said]
    for context, _ in opened:
        context.close()
    assert said == []


@pytest.fixture
def open_file(new_page: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Open the file of a trace from the disk."""

    def opened(shown: Trace, *, language: str = "en", fragment: str = "", **settings: Any) -> Any:
        file = tmp_path / "page.html"
        file.write_text(document.document(shown, language=language), "utf-8")
        page = new_page(**settings)
        page.goto(file.as_uri() + fragment)
        return page

    return opened


@pytest.fixture
def mount(new_page: Callable[..., Any]) -> Callable[..., Any]:
    """Mount the module with a test model; `model.set("trace", trace)` shows another trace."""

    def mounted(shown: Trace | dict[str, Any], *, body_width: int | None = None, **settings: Any) -> Any:
        page = new_page(**settings)
        if body_width is not None:
            page.evaluate("width => { document.body.style.width = `${width}px`; }", body_width)
        data = {
            "trace": shown if isinstance(shown, dict) else shown.as_dict(),
            "language": "en",
            "strings": strings.table(),
        }
        page.evaluate(MOUNT, {"text": bundle.es_module(), "style": bundle.style_sheet(), "data": data})
        return page

    return mounted


@pytest.fixture
def served() -> Iterator[str]:
    """The address of a running explainer."""
    w = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    server = Server(trace("conv2d", input=5, kernel_size=3, stride=2, padding=1, w=w), port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()
