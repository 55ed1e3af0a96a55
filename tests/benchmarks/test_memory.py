"""Peak memory is that of the process itself, not of the one that started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import memory

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="elsewhere a start counts its parent's")
MIB = 2**20
ROOT = Path(__file__).resolve().parents[2]


def test_freed_memory_counts_for_the_peak() -> None:
    code = (
        "import numpy as np; from benchmarks import memory; before = memory.peak(); "
        f"np.ones({96 * MIB}, np.uint8); print(memory.peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 64 * MIB


@pytest.mark.slow
def test_a_child_does_not_inherit_the_peak_of_its_parent() -> None:
    held = np.ones(400 * MIB, np.uint8)
    found = memory.measure_process("rot180", "toy", 1)
    assert held[0] and 10 < found["imported"] <= found["peak"] < 300
    assert sys.modules.get("benchmarks.memory") is memory
