"""examples/mine.py holds one mistake, and `rot180 check` names it as the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MINE = Path(__file__).resolve().parents[2] / "examples" / "mine.py"


def test_check_names_the_mistake_in_the_example() -> None:
    command = [sys.executable, "-m", "rot180", "check", str(MINE), "--op", "conv2d"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (1, "")
    assert "dx-kernel-not-rotated: dx" in result.stdout
    assert "ok    dw" in result.stdout
