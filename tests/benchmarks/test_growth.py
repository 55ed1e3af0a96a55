"""Slopes of times over multiply-adds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import growth
from rot180.bench import timing

OPTIONS = SimpleNamespace(rounds=1, seconds=1e-4, threads=1)


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_the_slope_is_that_of_the_times(monkeypatch: pytest.MonkeyPatch, power: float) -> None:
    grown = {str(n): growth.KINDS["3x3"](n, 2, 6) for n in (1, 2, 4)}
    times = {size: [(0.1 * int(size) ** power, 0.2 * int(size) ** power)] for size in grown}
    monkeypatch.setattr(timing, "take_turns", lambda *_: times)
    row = growth.measure("batch", "3x3", grown, OPTIONS)
    assert row["slope"] == pytest.approx(power)
    assert row["seconds"] == pytest.approx([0.3 * n**power for n in (1, 2, 4)])
    assert row["sizes"] == ["1", "2", "4"]
    assert row["multiply_adds"] == [3 * n * 2 * 36 * 2 * 9 for n in (1, 2, 4)]


@pytest.mark.parametrize("kind", growth.KINDS)
def test_every_kind_can_be_timed(kind: str) -> None:
    grown = {str(n): growth.KINDS[kind](n, 2, 6) for n in (1, 2)}
    assert all(seconds > 0 for seconds in growth.measure("batch", kind, grown, OPTIONS)["seconds"])
