"""What is measured before anything is computed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import footprint
from rot180.kernels import extension


def test_imports_are_timed_relative_to_an_empty_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "ROUNDS", 1)
    row = footprint.imports()
    assert list(row["ms"]) == list(footprint.STATEMENTS[1:])
    assert ("extension_ms" in row) == (extension.unavailable() is None)
    assert row.get("extension_ms", 1) > 0


@pytest.mark.slow
def test_a_failed_wheel_build_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "ROOT", footprint.ROOT / "docs")  # no project there
    with pytest.raises(RuntimeError, match="the wheel could not be made: "):
        footprint.wheel()


@pytest.mark.peers
def test_calls_are_timed_in_microseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "ROUNDS", 1)
    row = footprint.call(SimpleNamespace(threads=1))
    assert all(us > 0.1 for us in row["us"].values())
    assert "F.conv2d on arrays" in row["us"]
