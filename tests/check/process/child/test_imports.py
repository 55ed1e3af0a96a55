"""The imports, programs, connections and files that are refused while code is graded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rot180
from rot180.check.process.failure import CouldNotCheckError
from rot180.check.process.file_check import FileVerdict, check_file
from rot180.check.process.forbidden import PACKAGES, hidden_paths
from rot180.check.process.program import Limits

PACKAGE = Path(rot180.__file__).parent
SOURCE = str(PACKAGE / "errors.py")
RELU = """
import numpy as np
{top}
def forward(x):
    {forward}
    return np.maximum(x, 0)
def backward(dy, x): return dy * (x > 0)
"""


def grade(folder: Path, forward: str = "pass", top: str = "") -> FileVerdict:
    path = folder / "mine.py"
    path.write_text(RELU.replace("{forward}", forward).replace("{top}", top))
    names = (*PACKAGES, "fractions")
    return check_file(path, None, {"op": "relu"}, Limits(20.0, names, tuple(hidden_paths(names))))


@pytest.mark.slow
@pytest.mark.parametrize(
    "forward",
    [
        "import fractions",
        "from fractions import Fraction",
        "__import__('fractions')",
        "import importlib; importlib.import_module('fractions')",
        "import rot180.functional",
        "exec('import rot180')",
        "import os; os.system('true')",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "import _posixsubprocess; _posixsubprocess.fork_exec()",
        "import os; os.fork()",
        "import os, sys; os.execv(sys.executable, ['python'])",
        "import socket; socket.socket()",
        "import ctypes; ctypes.CDLL(None)",
        "import ctypes; ctypes.pythonapi.PyLong_FromLong",
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.symlink('/', 'root')",
        "import gc; gc.get_objects()",
        f"open({SOURCE!r}).read()",
        f"open({SOURCE.encode()!r}).read()",
        f"import pathlib; pathlib.Path({SOURCE!r}).read_text()",
        f"import os; os.open({str(PACKAGE)!r}, os.O_RDONLY)",
        f"import os; os.open({str(PACKAGE.parent)!r}, os.O_RDONLY)",
        f"import os; os.chdir({str(PACKAGE)!r}); open('errors.py')",
        f"import importlib.util as u; s = u.spec_from_file_location('q', {SOURCE!r}); s.loader.get_code('q')",
        "open('/tmp/rot180-written-by-a-submission', 'w')",
        "open(__file__, 'a')",
        "import os; os.open('/tmp/rot180-written-by-a-submission', os.O_CREAT | os.O_RDWR)",
        "import os; os.chmod(__file__, 0)",
        "import os; os.fchmod(os.open(__file__, os.O_RDONLY), 0)",
        "import os; os.remove(__file__)",
        "import os; os.rename(__file__, 'mine')",
        "import os; open('new', 'w'); os.rename('new', __file__)",
        "import os; os.truncate(__file__, 0)",
        "import os; os.utime(__file__, (0, 0))",
        "import os; os.mkdir('/tmp/rot180-written-by-a-submission')",
        "import os; os.mkdir('a'); os.chdir('a'); os.chmod('../../mine.py', 0, dir_fd=os.open('.', os.O_RDONLY))",
        "import os; os.mkfifo('pipe')",
        "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))",
        "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "import os; os.sched_setaffinity(os.getppid(), {0})",
        "import os, posix; posix.sched_setaffinity(os.getppid(), {0})",
        "import os; os.pidfd_open(os.getppid())",
    ],
)
def test_a_refusal(tmp_path: Path, forward: str) -> None:
    before = (tmp_path / "mine.py").exists()
    with pytest.raises(CouldNotCheckError, match=r"is refused while code is graded \(--forbid\).*line \d+ of mine\.py"):
        grade(tmp_path, forward)
    assert not before and not Path("/tmp/rot180-written-by-a-submission").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "forward",
    [
        "import scipy.signal; scipy.signal.correlate2d(x, x)",
        "import math, random, functools, itertools, typing, dataclasses, collections",
        "open('notes', 'w').write('x'); assert open('notes').read() == 'x'",
        "import tempfile\n    with tempfile.TemporaryDirectory() as f: open(f + '/a', 'w').close()",
        "import os; open('a', 'w').close(); os.rename('a', 'b'); os.remove('b'); os.mkdir('c'); os.rmdir('c')",
        "import shutil; open('a', 'w').close(); shutil.copyfile('a', 'b'); assert open('b').read() == ''",
        "np.save('a.npy', x); assert (np.load('a.npy') == x).all()",
        "import os; assert os.listdir('.') is not None; open(os.devnull, 'w').write('x')",
        "assert open(__file__).read()",
        "import threading; t = threading.Thread(target=print); t.start(); t.join()",
        "from concurrent.futures import ThreadPoolExecutor as T; assert list(T(2).map(abs, [-1])) == [1]",
    ],
)
def test_what_honest_code_does_is_allowed(tmp_path: Path, forward: str) -> None:
    assert grade(tmp_path, forward).report.ok


def test_an_optional_import_is_as_if_it_were_not_installed(tmp_path: Path) -> None:
    assert grade(tmp_path, "assert f is None", "try: import fractions as f\nexcept ImportError: f = None").report.ok


REPLACED = """
import os, posixpath
def where(*arguments, **keywords): return '/etc'
real = os.lstat
posixpath.realpath = os.path.realpath = where
posixpath._joinrealpath = lambda *arguments: ('/etc', True)
os.lstat = os.stat = lambda *arguments, **keywords: real('/etc')
os.readlink = os.fspath = os.getcwd = where
os.path.isdir = lambda path: False
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the functions of posixpath")
def test_replacing_the_functions_that_the_hook_calls_does_not_help(tmp_path: Path) -> None:
    with pytest.raises(CouldNotCheckError, match="is refused while code is graded"):
        grade(tmp_path, f"open({SOURCE!r})", REPLACED)


def test_the_frame_of_the_hook_holds_nothing_to_change(tmp_path: Path) -> None:
    frame = (
        "import sys\n"
        "    try: import fractions\n"
        "    except ImportError as error: trace = error.__traceback__\n"
        "    while trace.tb_next: trace = trace.tb_next\n"
        "    kept = [v for v in trace.tb_frame.f_locals.values() if v and not isinstance(v, (str, tuple, type))]\n"
        "    assert trace.tb_frame.f_code.co_name == 'refuse' and kept == [], kept"
    )
    assert grade(tmp_path, frame).report.ok


def test_an_import_that_passes_the_finder_fails_at_the_file(tmp_path: Path) -> None:
    forward = "import sys, importlib; sys.meta_path.pop(0); importlib.import_module('fractions')"
    with pytest.raises(CouldNotCheckError, match=r"PermissionError: reading .*fractions.* is refused"):
        grade(tmp_path, forward)
