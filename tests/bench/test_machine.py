"""What is said about the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rot180.bench import machine


def test_processor_cores_and_load_are_plausible() -> None:
    assert machine.processor().strip() == machine.processor() != ""
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)
    load = machine.load()
    assert load is None or load >= 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz\nmodel name\t: Some CPU @ 3.00GHz\n", "Some CPU @ 3.00GHz"),
        ("processor\t: 0\nBogoMIPS\t: 50.00\n", "arm"),  # ARM's has no names
        (OSError(), "arm"),
    ],
)
def test_the_name_is_read_from_cpuinfo_on_linux(
    monkeypatch: pytest.MonkeyPatch, text: str | OSError, name: str
) -> None:
    def read(path: Path, **_: object) -> str:
        assert str(path) == "/proc/cpuinfo"
        if isinstance(text, OSError):
            raise text
        return text

    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine.Path, "read_text", read)
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "arm")
    assert machine.processor() == name
