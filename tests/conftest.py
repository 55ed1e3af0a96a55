"""What every test may rely on: skips that count as failures where they must, a browser, and the optional data sets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
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
def browser() -> Iterator[Any]:
    """A headless Chromium that finds no machine but this one; one for all tests, since Playwright's synchronous form
    cannot be started twice."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra test)")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium (Debian, Ubuntu: apt install chromium)")
    with sync_api.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of optional data sets: ROT180_DATA, else shared/data beside the checkout."""
    named = os.environ.get("ROT180_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{OPTIONAL_DATA} no folder {folder}; ROT180_DATA may name another")
    return folder
