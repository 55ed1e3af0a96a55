"""The head of a report and the names of its files."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import environment
from tests.benchmarks.record import ABOUT


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "2026-11-21-some-xeon"),
        ({"processor": "AMD EPYC 9654 96-Core Processor"}, "2026-11-21-amd-epyc-9654"),
        ({"processor": "Intel(R) Xeon(R) Processor", "threads": 1}, "2026-11-21-intel-xeon-1-thread"),
        ({"cores": 8, "whole": False}, "2026-11-21-some-xeon-2-threads-partial"),
        ({"processor": "../etc/x; y"}, "2026-11-21-etc-x-y"),
    ],
)
def test_files_are_named_by_date_machine_and_unusual_settings(changes: dict[str, Any], name: str) -> None:
    assert environment.stem(ABOUT | changes) == name


def test_one_core_is_singular() -> None:
    assert environment.place(ABOUT | {"processor": "P", "cores": 1, "threads": 1}) == "P, 1 core, 1 thread"


def test_the_commit_has_a_hash() -> None:
    assert re.fullmatch(r"[0-9a-f]{7,}(, changed)?|no commit", environment.commit())


def test_the_record_has_every_fact_that_the_page_shows() -> None:
    options = SimpleNamespace(cores=2, threads=1, rounds=5, seconds=0.1, whole=True)
    assert set(environment.describe(options, "python -m benchmarks")) | {"load_at_the_end"} == set(ABOUT)
