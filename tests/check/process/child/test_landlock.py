"""The Landlock rules, which the kernel also applies to machine code."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rot180.check.process.child.landlock import (
    BIND_TCP,
    CREATE_RULESET,
    READ_FILE,
    SCOPE_SIGNAL,
    TRUNCATE,
    VERSION_FLAG,
    handled,
    readable,
)


def version() -> int:
    if sys.platform != "linux":
        return 0
    return int(ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, VERSION_FLAG))


RESTRICTED = """
import os, sys
sys.path.insert(0, {folder!r})
from landlock import restrict
assert restrict({inside!r}, [{hidden!r}])
{code}
"""


def attempt(tmp_path: Path, code: str) -> str:
    """Run code in a process that may write into `inside` and not read `hidden`; returns its error, or ""."""
    for name in ("inside", "hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "hidden")
    folder = Path(__file__).parents[4] / "src/rot180/check/process/child"
    places = {"inside": str(tmp_path / "inside"), "hidden": str(tmp_path / "hidden"), "root": str(tmp_path)}
    text = RESTRICTED.format(folder=str(folder), code=code.format(**places), **places)
    done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True, timeout=60)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


@pytest.mark.skipif(version() < 1, reason="a kernel with Landlock")
@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("open({inside!r} + '/new', 'w').write('x')", True),
        ("os.remove({inside!r} + '/file')", True),
        ("open(os.devnull, 'w').write('x')", True),
        ("open({root!r} + '/new', 'w')", False),
        ("os.remove({hidden!r} + '/file')", False),
        ("os.mkdir({root!r} + '/new')", False),
        ("open({inside!r} + '/file').read(); open('/etc/hosts').read(); import decimal, zoneinfo", True),
        ("open({hidden!r} + '/file').read()", False),
        ("open({root!r} + '/link/file').read()", False),
        ("os.listdir({hidden!r})", True),
        ("os.link({hidden!r} + '/file', {inside!r} + '/copy')", False),
        ("import subprocess; subprocess.run(['cat', {hidden!r} + '/file'], check=True)", False),
    ],
)
def test_files(tmp_path: Path, code: str, allowed: bool) -> None:
    error = attempt(tmp_path, code)
    assert (error == "") is allowed, error


@pytest.mark.skipif(version() < 6, reason="a kernel whose Landlock has a scope for signals")
def test_signals_reach_only_processes_inside(tmp_path: Path) -> None:
    assert "PermissionError" in attempt(tmp_path, "os.kill(os.getppid(), 0)")


@pytest.mark.skipif(version() < 6, reason="a kernel whose Landlock has a scope for signals")
def test_signals_to_its_own_processes_are_allowed(tmp_path: Path) -> None:
    code = "import subprocess; p = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1); p.kill(); p.wait()"
    assert attempt(tmp_path, code) == ""


@pytest.mark.parametrize("number", range(9))
def test_a_version_is_asked_only_for_what_it_has(number: int) -> None:
    files, network, scope = handled(number, writes=True)
    assert bool(files) == (number >= 1) and bool(files & TRUNCATE) == (number >= 3)
    assert bool(network & BIND_TCP) == (number >= 4) and bool(scope & SCOPE_SIGNAL) == (number >= 6)
    assert handled(number, writes=False)[:2] == (0, 0) and not files & READ_FILE


def test_everything_but_the_hidden_folders_can_be_read(tmp_path: Path) -> None:
    for name in ("a/b/c", "a/d", "e", "ab"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    found = {
        os.path.relpath(path, tmp_path) for path in readable(str(tmp_path), frozenset({str(tmp_path / "a" / "b")}))
    }
    assert found == {"a/d", "a/file", "e", "ab"}
