"""Shared by all tests: the handling of skips, the battery's table, a browser, and the optional data sets."""

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
OPTIONAL_DATA = "data:"  # such a skip is never a failure: these data sets are not part of the checkout


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--battery-table", action="store_true", help="print the worst error of every op and layer")


def no_skips() -> bool:
    return os.environ.get("ROT180_NO_SKIPS", "") not in ("", "0")


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """The reason of a skip; None for any other outcome, including an expected failure."""
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


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip comparisons with libraries that are not installed."""
    if item.get_closest_marker("peers"):
        for module, name in (("torch", "PyTorch"), ("scipy", "SciPy")):
            pytest.importorskip(module, reason=f"{name} is not installed (make test-peers installs it)")


# ---- the battery's table ----

_notes: list[tuple[str, str, float]] = []  # with pytest-xdist, of the tests of all workers


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.user_properties:
        from tests.battery import table

        _notes.extend(table.errors(report.user_properties))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _notes and terminalreporter.config.getoption("battery_table"):
        from tests.battery import registry, table

        terminalreporter.section("the battery")
        for line in table.lines(_notes, registry.CASES):
            terminalreporter.write_line(line)


# ---- fixtures ----


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium without access to other machines.

    All tests of a process share it, because Playwright's synchronous interface cannot be started twice.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra test)")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed (Debian, Ubuntu: apt install chromium)")
    with sync_api.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of optional data sets: ROT180_DATA, else shared/data beside the checkout."""
    chosen = os.environ.get("ROT180_DATA")
    folder = Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{OPTIONAL_DATA} there is no folder {folder}; set ROT180_DATA to another")
    return folder
