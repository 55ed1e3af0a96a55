"""Hundreds of damaged and hostile files: each is read, or refused by a FormatError, with little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from .mutations import IMAGES, SECONDS


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux, to limit memory")
def test_hostile_files_are_read_or_refused_with_little_time_and_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.data.mutations", str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    files = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = Counter(outcome for *_, outcome, _, _ in files)
    print(f"{len(files)} files: {dict(outcomes)}; the slowest took {max(file[-1] for file in files):.2f} s")
    assert len(files) >= 500
    for kind, how, must_fail, outcome, message, seconds in files:
        line = f"{kind}, {how}: {outcome} {message}"
        assert outcome in ("read", "FormatError"), line
        assert not (must_fail and outcome == "read"), f"{line}: the damage was not noticed"
        assert seconds < SECONDS, f"{line}: {seconds} s of CPU time"
    refused = {kind for kind, *_, outcome, _, _ in files if outcome == "FormatError"}
    assert refused >= {"idx", "idx.gz", "bin", "tar.gz", "npz", "npz packed", *IMAGES}
