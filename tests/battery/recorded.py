"""PyTorch's outputs and gradients for the rows, as recorded by `record.py`.

A row without an entry is new: finite differences judge it until its values are recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .case import Case
from .registry import CASES

FILE = Path(__file__).with_name("recorded.json")
TORCH = "2.13.0"  # the release that `make test-peers` installs
HOW_TO_RECORD = "run `python -m tests.battery.record` in the environment of `make test-peers`, which installs PyTorch"

VALUES: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
RECORDED_WITH: str = VALUES.pop("torch")


def is_recorded(case: Case) -> bool:
    return case.id in VALUES


def not_recorded() -> list[str]:
    """The rows that have a counterpart in PyTorch but no recorded values yet."""
    return [case.id for case in CASES if case.peer is not None and not is_recorded(case)]
