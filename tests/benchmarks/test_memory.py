"""Peak memory is that of the process itself, not of the one that started it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import memory

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="elsewhere a start counts its parent's")
MIB = 2**20


def test_what_was_held_and_given_back_counts() -> None:
    before = memory.peak()
    np.ones(96 * MIB, np.uint8)
    assert memory.peak() >= before + 64 * MIB or before >= 96 * MIB  # an earlier test may have held more


def test_a_child_does_not_inherit_the_peak_of_its_parent() -> None:
    held = np.ones(400 * MIB, np.uint8)
    found = memory.of("rot180", "toy", 1)
    assert held[0] and 10 < found["imported"] <= found["peak"] < 300
    assert sys.modules.get("benchmarks.memory") is memory
