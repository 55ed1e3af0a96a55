"""What is measured before anything is computed."""

from __future__ import annotations

import pytest

from benchmarks import footprint
from rot180.kernels import native


def test_imports_are_timed_over_an_empty_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "ROUNDS", 1)
    row = footprint.imports()
    assert list(row["ms"]) == list(footprint.STATEMENTS[1:])
    assert ("extension_ms" in row) == (native.unavailable() is None)
    assert row.get("extension_ms", 1) > 0


def test_a_wheel_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(footprint, "ROOT", footprint.ROOT / "docs")  # no project there
    assert footprint.wheel() == {"name": "wheel"}
    assert "the wheel could not be made: " in capsys.readouterr().err


@pytest.mark.peers
def test_calls_are_timed_in_microseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "ROUNDS", 1)
    row = footprint.call()
    assert all(0.1 < us < 1000 for us in row["us"].values())
    assert "F.conv2d on arrays" in row["us"]
