"""Scripts depend on the exit statuses."""

from __future__ import annotations

from rot180.cli import ExitStatus


def test_the_numbers_never_change() -> None:
    assert {status.name: int(status) for status in ExitStatus} == {
        "DONE": 0,
        "FAULT": 1,
        "USAGE": 2,
        "FAILED": 3,
        "INTERRUPTED": 130,
    }
