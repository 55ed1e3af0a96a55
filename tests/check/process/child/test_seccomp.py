"""The system calls that the kernel refuses, for machine code too."""

from __future__ import annotations

import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from rot180.check.process.child import seccomp

here = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp.ARCHITECTURES, reason="Linux on x86_64 or aarch64"
)
RESTRICTED = """
import os, resource, signal, sys, threading
sys.path.insert(0, {folder!r})
import seccomp
assert seccomp.restrict()
{code}
"""
ERROR = "raise OSError(ctypes.get_errno(), 'no')"


def attempt(code: str) -> str:
    """Run code behind the filter; returns its error, or ""."""
    folder = Path(seccomp.__file__).parent
    text = RESTRICTED.format(folder=str(folder), code=code)
    done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True, timeout=60)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


@here
@pytest.mark.parametrize(
    "code",
    [
        "os.chmod('.', 0o700)",
        "os.fchmod(os.open('.', os.O_RDONLY), 0o700)",
        "os.utime('.')",
        "os.chown('.', os.getuid(), os.getgid())",
        "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "os.kill(os.getppid(), 0)",
        "os.execv(sys.executable, ['python', '-c', ''])",
        "import subprocess; subprocess.run([sys.executable, '-c', ''])",
        "import socket; socket.socket()",
        "import ctypes; l = ctypes.CDLL(None, use_errno=True); l.ptrace(16, os.getppid(), 0, 0)\n" + ERROR,
    ],
)
def test_calls_that_act_on_others_are_refused(code: str) -> None:
    assert "PermissionError" in attempt(code)


@here
@pytest.mark.parametrize(
    "code",
    [
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); resource.prlimit(os.getpid(), resource.RLIMIT_CORE)",
        "os.kill(os.getpid(), 0); signal.raise_signal(signal.SIGCONT)",
        "os.sched_setaffinity(0, os.sched_getaffinity(0))",
        "t = threading.Thread(target=print); t.start(); t.join()",
        "import tempfile\nwith tempfile.TemporaryDirectory() as f: open(f + '/a', 'w').write('x')",
        "import numpy as np; a = np.ones((300, 300)); assert (a @ a).max() == 300",
    ],
)
def test_other_calls_are_allowed(code: str) -> None:
    assert attempt(code) == ""


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_every_number_ends_where_it_should(machine: str) -> None:
    """The filter is run by hand."""
    refused = set(seccomp.numbers_of(machine, seccomp.FILES, seccomp.PROCESSES, seccomp.CHANNELS))
    on_itself = set(seccomp.numbers_of(machine, seccomp.ON_ITSELF))
    code = [struct.unpack("<HBBI", part) for part in seccomp.program(machine, 1234)]
    assert len(code) < 256

    def result(number: int, argument: int, architecture: int = seccomp.ARCHITECTURES[machine]) -> int:
        data = {seccomp.NUMBER: number, seccomp.ARCHITECTURE: architecture, seccomp.FIRST_ARGUMENT: argument}
        at = value = 0
        while code[at][0] != seccomp.RETURN:
            kind, if_true, if_false, k = code[at]
            if kind == seccomp.LOAD:
                value, at = data[k], at + 1
            else:
                at += 1 + (if_true if (value == k if kind == seccomp.EQUAL else value >= k) else if_false)
        return code[at][3]

    for number in range(500):
        for argument in (0, 1234, 99):
            allowed = number not in refused and (number not in on_itself or argument in (0, 1234))
            assert result(number, argument) == (seccomp.ALLOW if allowed else seccomp.REFUSE), number
    assert result(0, 0, 0x40000003) == seccomp.REFUSE
    assert machine != "x86_64" or result(seccomp.OTHER_NUMBERS + 1, 0) == seccomp.REFUSE


def test_a_number_belongs_to_one_call() -> None:
    tables = (seccomp.FILES, seccomp.PROCESSES, seccomp.CHANNELS, seccomp.ON_ITSELF)
    for machine in seccomp.ARCHITECTURES:
        numbers = seccomp.numbers_of(machine, *tables)
        assert len(set(numbers)) == len(numbers)


def test_other_machines_have_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not seccomp.restrict() and os.access(".", os.R_OK)
