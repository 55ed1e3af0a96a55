"""Building the native engine: the messages of `native/install.py`, and the list of files in `native/README.md`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "native"

pytestmark = pytest.mark.skipif(not NATIVE.is_dir(), reason="needs the sources of the native engine (native/)")

PIP_OUTPUT = """\
  Preparing editable metadata (pyproject.toml): started
  *** Building project with Ninja...
  [1/3] Building CXX object CMakeFiles/engine.dir/memory/allocator.cpp.o
  [2/3] Building CXX object CMakeFiles/engine.dir/threads/pool.cpp.o
  FAILED: CMakeFiles/engine.dir/threads/pool.cpp.o
  /usr/bin/c++ -O3 -o CMakeFiles/engine.dir/threads/pool.cpp.o -c native/threads/pool.cpp
  native/threads/pool.cpp:5:1: error: 'chunk' was not declared in this scope
  ninja: build stopped: subcommand failed.
  *** CMake build failed
"""

FAKE_PIP = """\
import sys
print({output!r}, end="")
sys.exit({status})
"""


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("native_install", NATIVE / "install.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_with_fake_pip(folder: Path, output: str, status: int) -> subprocess.CompletedProcess[str]:
    """Run install.py in `folder`, with a module named pip that prints `output`."""
    (folder / "pip.py").write_text(FAKE_PIP.format(output=output, status=status))
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, str(NATIVE / "install.py")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_estimate_depends_on_the_cores(install: ModuleType) -> None:
    assert install.estimate(1) == "about 120 s on 1 core"
    assert install.estimate(2) == "about 70 s on 2 cores"


def test_progress_is_shown_and_other_output_is_not(tmp_path: Path) -> None:
    output = "".join(PIP_OUTPUT.splitlines(keepends=True)[:4])
    done = run_with_fake_pip(tmp_path, output, 0)
    first, *progress, last = done.stdout.splitlines()
    assert first.startswith("compiling the native engine: about ")
    assert progress == ["[1/3] memory/allocator.cpp", "[2/3] threads/pool.cpp"]
    assert last.startswith("installed rot180 in ") and done.stderr == ""
    assert (tmp_path / "build/install.log").read_text() == output


@pytest.mark.parametrize(
    ("status", "message"),
    [(0, "warning: the native engine was not compiled"), (1, "error: the installation failed")],
)
def test_compiler_errors_are_shown(tmp_path: Path, status: int, message: str) -> None:
    done = run_with_fake_pip(tmp_path, PIP_OUTPUT, status)
    assert done.returncode == status
    failed, error, last = done.stderr.splitlines()
    assert failed.strip() == "FAILED: CMakeFiles/engine.dir/threads/pool.cpp.o"
    assert error.strip() == "native/threads/pool.cpp:5:1: error: 'chunk' was not declared in this scope"
    assert last == f"{message}; the complete output is in build/install.log"


def test_a_failure_without_compiler_errors_shows_the_end_of_the_output(tmp_path: Path) -> None:
    done = run_with_fake_pip(tmp_path, "ERROR: no such option\n", 2)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "ERROR: no such option"


def test_readme_names_every_source_file() -> None:
    text = (NATIVE / "README.md").read_text()
    files = [p for p in NATIVE.rglob("*") if p.suffix in (".h", ".cpp") and "tests" not in p.parts[len(NATIVE.parts) :]]
    missing = [str(p.relative_to(NATIVE)) for p in files if p.name not in text and p.stem not in text]
    assert len(files) > 40
    assert not missing
