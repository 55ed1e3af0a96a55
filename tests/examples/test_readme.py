"""`examples/README.md` shows what the programs print, run as it says, in the order in which it lists them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```sh\n(python [^\n]*)\n```\n\n```text\n(.*?)```", README, re.DOTALL)
ROUNDING = re.compile(r"\d\.\de[-+]\d\d")  # errors that differ between machines


def test_every_program_is_listed_in_order() -> None:
    assert [command.split("/")[-1] for command, _ in SHOWN] == [
        "tiny_cnn.py",
        "two_layer_cnn.py",
        "conv_layer.py",
        "transposed_conv.py",
    ]


@pytest.mark.parametrize(("command", "last_lines"), SHOWN, ids=[command.split("/")[-1] for command, _ in SHOWN])
def test_the_command_prints_these_last_lines(command: str, last_lines: str) -> None:
    _, script = shlex.split(command)
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    run = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    expected = ROUNDING.sub("#", last_lines).splitlines()
    assert ROUNDING.sub("#", run.stdout).splitlines()[-len(expected) :] == expected
