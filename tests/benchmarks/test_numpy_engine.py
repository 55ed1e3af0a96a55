"""The engine and its baseline compute the same."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import im2col, numpy_engine
from rot180.bench.shapes import Layer

LAYERS = [
    Layer("plain", False, 2, 4, 7, 6, 3, stride=2, padding=1, dilation=2, groups=2),
    Layer("transposed", True, 2, 4, 5, 6, 4, stride=2, padding=1),
]
OPTIONS = SimpleNamespace(rounds=1, seconds=1e-4, threads=1)


@pytest.mark.parametrize("layer", LAYERS)
def test_both_are_timed_forward_and_backward(layer: Layer) -> None:
    row = numpy_engine.measure(layer, OPTIONS)
    assert [len(row["ms"][name]) for name in ("engine", "im2col")] == [2, 2] and len(row["ratios"]) == 3


def test_a_baseline_with_wrong_results_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = im2col.forward
    monkeypatch.setattr(im2col, "forward", lambda *arguments: right(*arguments) + 1)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        numpy_engine.measure(LAYERS[0], OPTIONS)
