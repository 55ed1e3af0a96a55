"""Prints the battery's table at the end of every run that the battery was part of."""

from __future__ import annotations

import pytest

from . import table
from .registry import CASES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = list(table.lines(CASES))
    if found:
        terminalreporter.section("the battery")
        for line in found:
            terminalreporter.write_line(line)
