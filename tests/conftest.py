"""What every test may rely on: skips that count as failures where they must, and the optional data sets."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

OPTIONAL_DATA = "data:"  # such a skip is never a failure: these data sets are outside the checkout


def no_skips() -> bool:
    return os.environ.get("ROT180_NO_SKIPS", "") not in ("", "0")


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """The reason of a skip; None for any other outcome, an expected failure included."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return None
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ").strip()


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = skip_reason(report)
    if no_skips() and reason is not None and not reason.startswith(OPTIONAL_DATA):
        report.outcome = "failed"
        report.longrepr = f"ROT180_NO_SKIPS is set and this was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of optional data sets: ROT180_DATA, else shared/data beside the checkout."""
    named = os.environ.get("ROT180_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{OPTIONAL_DATA} no folder {folder}; ROT180_DATA may name another")
    return folder
