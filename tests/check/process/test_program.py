"""The process and everything that it starts ends with the checker, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rot180.check.process.failure import ChildFailure, CouldNotCheckError
from rot180.check.process.file_check import check_file
from rot180.check.process.program import Limits, environment, extra_paths, running
from rot180.check.process.remote import Session

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
linux = pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux finds all descendants")
PIDS = """
import os, time
def note():
    with open({pids!r}, 'a') as file: file.write(f'{{os.getpid()}}\\n')
note()
"""
RELU = """
import numpy as np
def forward(x): return np.maximum(x, 0)
def backward(dy, x): return dy * (x > 0)
"""
HANG = "while True: pass\n"
SESSION = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        note()
        time.sleep(600)
    os._exit(0)
while not open({pids!r}).read().count('\\n') == 2: time.sleep(0.01)
"""


class Submission:
    """A file whose processes note their numbers."""

    def __init__(self, folder: Path, text: str) -> None:
        self.pids = folder / "pids"
        self.path = folder / "mine.py"
        self.path.write_text((PIDS + text).format(pids=str(self.pids)))

    def processes(self, count: int) -> list[int]:
        """The numbers of the processes, once there are so many."""
        for _ in range(1000):
            if self.pids.exists() and self.pids.read_text().count("\n") >= count:
                return [int(line) for line in self.pids.read_text().splitlines()]
            time.sleep(0.01)
        raise AssertionError("the submission did not start")

    def are_gone(self, count: int) -> bool:
        """True once all of the processes have ended, within five seconds."""
        processes = self.processes(count)
        for _ in range(500):
            if not any(map(runs, processes)):
                return True
            time.sleep(0.01)
        return False


def runs(process: int) -> bool:
    """True if a process runs. A zombie, which has ended but is still listed, does not count."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not os.path.exists("/proc/self/stat")


def start(path: Path) -> subprocess.Popen[bytes]:
    """`rot180 check` as a process. Under nohup it would inherit ignored signals, so they are reset."""
    command = [sys.executable, "-m", "rot180", "check", str(path), "--op", "relu"]
    reset = "import os, signal, sys; signal.signal(1, signal.SIG_DFL); signal.signal(2, signal.SIG_DFL); "
    reset += "os.execv(sys.argv[1], sys.argv[1:])"
    return subprocess.Popen(
        [sys.executable, "-c", reset, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@posix
@pytest.mark.slow
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_a_signal_to_the_command_ends_a_submission_that_hangs(tmp_path: Path, number: str) -> None:
    submission = Submission(tmp_path, HANG)
    command = start(submission.path)
    submission.processes(1)
    command.send_signal(getattr(signal, number))
    command.wait(10)
    assert submission.are_gone(1)


@linux
@pytest.mark.slow
@pytest.mark.parametrize("ending", ["kill", "timeout"])
def test_a_process_in_a_session_of_its_own_ends_too(tmp_path: Path, ending: str) -> None:
    submission = Submission(tmp_path, SESSION + HANG)
    if ending == "kill":
        command = start(submission.path)
        submission.processes(2)
        command.kill()
        command.wait(10)
    else:
        with pytest.raises(CouldNotCheckError, match="did not finish within 1"):
            check_file(submission.path, None, {"op": "relu"}, Limits(1.5))
    assert submission.are_gone(2)


@linux
def test_a_process_that_was_left_ends_after_the_verdict(tmp_path: Path) -> None:
    submission = Submission(tmp_path, SESSION + RELU)
    assert check_file(submission.path, None, {"op": "relu"}).report.ok
    assert submission.are_gone(2)


@linux
def test_a_process_that_holds_the_channel_open_does_not_delay_the_end(tmp_path: Path) -> None:
    """It inherits all descriptors, so there is no end of file while it runs."""
    submission = Submission(tmp_path, SESSION + "os._exit(7)")
    begin = time.monotonic()
    with pytest.raises(CouldNotCheckError, match=r"ended the process \(exit status 7\)"):
        check_file(submission.path, None, {"op": "relu"}, Limits(20.0))
    assert time.monotonic() - begin < 5 and submission.are_gone(2)


@linux
def test_processes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rot180.check.process.program.MAX_PROCESSES", 8)
    bomb = "for _ in range(20):\n    if os.fork() == 0:\n        note()\n        time.sleep(600)\ntime.sleep(600)\n"
    submission = Submission(tmp_path, bomb)
    with pytest.raises(CouldNotCheckError, match=r"started more than .* processes, and was stopped"):
        check_file(submission.path, None, {"op": "relu"}, Limits(20.0))
    assert submission.are_gone(2)


@linux
@pytest.mark.slow
def test_processes_that_start_others_end(tmp_path: Path) -> None:
    """Forty generations in a row, each in a session of its own."""
    chain = (
        "for _ in range(40):\n    if os.fork(): os._exit(0)\n    os.setsid()\n    time.sleep(0.005)\nnote()\n"
        "time.sleep(600)\n"
    )
    submission = Submission(tmp_path, "if os.fork() == 0:\n    " + chain.replace("\n", "\n    ") + "\n" + RELU)
    check_file(submission.path, None, {"op": "relu"}, Limits(20.0))
    assert submission.are_gone(1)


@linux
def test_the_code_cannot_stop_the_supervisor(tmp_path: Path) -> None:
    """With Landlock the signal is refused; without, the end of the supervisor is the end of the code."""
    submission = Submission(tmp_path, "import signal\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(600)\n")
    begin = time.monotonic()
    with pytest.raises(CouldNotCheckError, match=r"PermissionError|did not finish"):
        check_file(submission.path, None, {"op": "relu"}, Limits(1.0))
    assert time.monotonic() - begin < 8 and submission.are_gone(1)


@posix
def test_signals_that_can_be_ignored_do_not_end_the_supervisor(tmp_path: Path) -> None:
    with running(Submission(tmp_path, RELU).path, Limits(20.0)) as program:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            for _ in range(200):  # until it ignores them
                if b"SigIgn" not in _status(program.process.pid) or _ignores(program.process.pid, number):
                    break
                time.sleep(0.01)
            os.kill(program.process.pid, number)
        time.sleep(0.05)
        assert program.process.poll() is None
    assert program.process.returncode == 0


def _status(process: int) -> bytes:
    path = Path(f"/proc/{process}/status")
    return path.read_bytes() if path.exists() else b""


def _ignores(process: int, number: int) -> bool:
    (line,) = [line for line in _status(process).splitlines() if line.startswith(b"SigIgn")]
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


def test_nothing_is_left_of_a_program(tmp_path: Path) -> None:
    with running(Submission(tmp_path, RELU).path, Limits(20.0)) as program:
        assert Path(program.folder).is_dir()
    assert not Path(program.folder).exists() and program.process.returncode is not None
    program._drainer.join(5)
    assert not program._drainer.is_alive()


def test_a_request_to_a_program_that_has_ended_fails(tmp_path: Path) -> None:
    with running(Submission(tmp_path, RELU).path, Limits(20.0)) as program:
        program.end()
        with pytest.raises((ChildFailure, ValueError)):
            program.send(b"x" * 100)


@posix
def test_a_process_that_ended_between_two_requests_is_said_to_have_ended(tmp_path: Path) -> None:
    text = "import threading\nthreading.Timer(0.1, os._exit, [5]).start()\n"
    with running(Submission(tmp_path, text + RELU).path, Limits(20.0)) as program:
        session = Session(program, tmp_path / "mine.py")
        session.post_load()
        session.read_contents()
        program._reader.read(10)  # the end of the replies
        with pytest.raises(ChildFailure, match=r"ended the process \(exit status 5\)"):
            session.find("forward")


def test_no_descriptors_are_left_open(tmp_path: Path) -> None:
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("no list of descriptors")
    path = Submission(tmp_path, RELU).path
    check_file(path, None, {"op": "relu"})
    before = len(os.listdir("/proc/self/fd"))
    check_file(path, None, {"op": "relu"})
    assert len(os.listdir("/proc/self/fd")) == before


def test_folders_of_packages_that_are_relative_or_current_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", "other", str(tmp_path), str(other)]))
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), str(other)])
    assert list(extra_paths()) == [str(other)]


def test_temporary_files_of_libraries_are_in_the_folder() -> None:
    found = environment("/folder")
    assert found["TMPDIR"] == found["MPLCONFIGDIR"] == "/folder" and found["OPENBLAS_NUM_THREADS"] == "1"
