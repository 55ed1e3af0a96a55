"""Run a program in a new interpreter, where no engine has been chosen and no environment variable has been read."""

from __future__ import annotations

import os
import subprocess
import sys

import rot180


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code with these environment variables and no other ROT180_ ones; return status, output and errors."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ROT180_")}
    path = os.pathsep.join([os.path.dirname(os.path.dirname(rot180.__file__)), inherited.pop("PYTHONPATH", "")])
    environment = {**inherited, "PYTHONPATH": path, **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
