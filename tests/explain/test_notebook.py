"""The page in notebooks: a sandboxed frame, and the widget if anywidget is installed."""

import builtins
import html
import re

import pytest

from rot180 import explain
from rot180.errors import MissingExtraError
from rot180.explain import notebook, trace
from rot180.explain.document import document


def test_a_trace_is_displayed_in_a_frame_that_may_only_run_its_script():
    t = trace("conv1d")
    shown = t._repr_html_()
    assert re.match(r'<iframe title="rot180 explain: conv1d" sandbox="allow-scripts allow-downloads" ', shown)
    source = re.search(r'srcdoc="([^"]*)"', shown)[1]
    assert html.unescape(source) == document(t) and shown.endswith("></iframe>")


def test_without_anywidget_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name in ("anywidget", "traitlets"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    notebook._widget_class.cache_clear()
    with pytest.raises(MissingExtraError, match=r"needs anywidget \(the extra 'notebook'\): pip install anywidget"):
        explain.Explorer()


def test_the_widget_follows_the_page_and_the_page_follows_the_widget():
    pytest.importorskip("anywidget")
    widget = explain.Explorer(trace("conv1d", input=4), language="zh")
    assert widget.trace["op"] == "conv1d" and widget.language == "zh"
    assert "export default widget;" in widget._esm and "rot180-explainer" in widget._css
    widget.trace = trace("max_pool1d", input=6).inputs_as_dict()  # as the page sets it
    assert widget.current_trace.arrays["y"].shape == (1, 1, 3)
    widget.trace = trace("conv1d", input=7).as_dict()
    assert widget.current_trace.arrays["y"].shape == (1, 1, 5)
    assert explain.Explorer().trace["request"]["input"] == [4, 4]
