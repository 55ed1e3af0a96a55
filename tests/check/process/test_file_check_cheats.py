"""Submissions that try to cheat: each has a wrong relu and uses knowledge of the checker's source to be graded as
right.
"""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

import rot180
from rot180.check.process.failure import CouldNotCheckError
from rot180.check.process.file_check import check_file
from rot180.check.process.forbidden import PACKAGES, hidden_paths
from rot180.check.process.grading import Grade, Submission
from rot180.check.process.program import Limits
from rot180.check.process.remote import ONE_CHANNEL, ONE_SAMPLE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what holds where is in docs/grading.md")

PACKAGE = str(Path(rot180.__file__).parent)
WRONG = """
import numpy as np
def forward(x):
    {before}
    return np.maximum(x, 0)
def backward(dy, x):
    {cheat}
    return dy
"""
FRAME = """
import sys
frame = sys._getframe()
while "replies" not in frame.f_locals: frame = frame.f_back
worker, request, replies = (frame.f_locals[name] for name in ("self", "request", "replies"))
"""
FORMER_VERDICT = """
import os, json
for place in (".", os.path.dirname(__file__)):
    try: open(place + "/answer.json", "w").write(json.dumps({"failure": None, "report": {"ok": True}}))
    except OSError: pass
os._exit(0)
"""
REPORT = """
import sys
report = next((module for name, module in sys.modules.items() if "report" in name), None)
if report: report.LayerReport.ok = True
"""
FINDER = f"""
import sys, importlib
del sys.meta_path[0]
sys.path.insert(0, {str(Path(PACKAGE).parent)!r})
importlib.import_module("rot180.errors")
"""
FORGED_REPLY = f"""{FRAME}
worker.functions[:] = [lambda *arrays: 0 * arrays[0]] * 2
import os
os.write(replies, worker._answer(request))
"""
EQUAL = """
class Equal(np.ndarray):
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return 0 * np.asarray(other)
    __rsub__ = __sub__
    def __array__(self, *given, **named): return np.zeros(self.shape)
return dy.copy().view(Equal)
"""
PRETENCE = """
class Array:
    shape = dy.shape
    def __array__(self, *given, **named): raise SystemExit(0)
return Array()
"""
COPY_OF_MODULE = """
import importlib.machinery, importlib.util, os, sys
spec = importlib.util.find_spec("posix")
copy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copy)
copy.setpriority(0, os.getppid(), 19)
"""
REFUSED = "is refused while code is graded"
CHEATS = {  # the statements, and what the check says: WRONG, or a part of the reason why there is no verdict
    "the verdict is written where it used to be": (FORMER_VERDICT, "ended the process (exit status 0)"),
    "the report is changed in memory": (REPORT, "WRONG"),
    "the library computes the gradient": ("import rot180.functional", REFUSED),
    "PyTorch computes the gradient": ("import importlib; importlib.import_module('torch')", REFUSED),
    "the finder of modules is removed first": (FINDER, REFUSED),
    "the source of the library is run": (f"exec(open({PACKAGE!r} + '/functional/__init__.py').read())", REFUSED),
    "another program reads the source": (
        f"import subprocess; exec(subprocess.check_output(['cat', {PACKAGE!r} + '/errors.py']))", REFUSED,
    ),
    "machine code is called": ("import ctypes; ctypes.CDLL(None).system(b'true')", REFUSED),
    "a reply with the right ticket is forged": (FORGED_REPLY, "did not ask for"),
    "the worker gets other functions": (FRAME + "worker.functions[:] = [lambda *a, **k: 0] * 2", "WRONG"),
    "comparisons of NumPy are replaced": ("np.array_equal = np.allclose = lambda *a, **k: True", "WRONG"),
    "the result says that it equals everything": (EQUAL, "WRONG"),
    "NaN is never unequal": ("return dy * np.nan", "WRONG"),
    "an object pretends to be an array": (PRETENCE, "dx is Array, not a numeric array"),
    "the checker is killed": ("import os; os.kill(os.getppid(), 9)", REFUSED),
    "the memory of the checker is changed": ("import os; open(f'/proc/{os.getppid()}/mem', 'r+b')", REFUSED),
    "the memory of another process is read": ("open('/proc/1/environ')", REFUSED),
    "the package is changed on disk": (f"open({PACKAGE!r} + '/check/report.py', 'a')", REFUSED),
    "the file is changed after it was loaded": ("open(__file__, 'w')", REFUSED),
    "the hook is looked for": ("import gc; gc.get_objects()", REFUSED),
    "the file of another student is locked": ("import os; os.chmod(__file__, 0)", REFUSED),
    "the checker gets no time": (
        "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))", REFUSED,
    ),
    "the checker becomes slow": ("import os; os.sched_setaffinity(os.getppid(), {0})", REFUSED),
    "a refused function is taken from a copy of its module": (COPY_OF_MODULE, "Operation not permitted"),
    "the arguments are changed": ("x[...] = 1; dy[...] = 0", "WRONG"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_not_right(tmp_path: Path, cheat: str) -> None:
    text, outcome = CHEATS[cheat]
    path = tmp_path / "mine.py"
    path.write_text(WRONG.replace("{before}", "pass").replace("{cheat}", textwrap.indent(text, "    ").strip()))
    limits = Limits(20.0, PACKAGES, tuple(hidden_paths(PACKAGES)))
    try:
        report = check_file(path, None, {"op": "relu", "seed": 3}, limits).report
    except CouldNotCheckError as error:
        assert outcome in str(error), str(error)
        assert str(error).isprintable()
    else:
        assert not report.ok and outcome == "WRONG", report.render()
    assert path.read_text().startswith("\nimport numpy")


LAST_SAMPLE = """
import numpy as np
class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.ones((n_out, n_in)), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b
    def backward(self, dy):
        self.dW, self.db = dy[-1:].T @ self.x[-1:], dy[-1]
        return dy @ self.W
import sys
worker = sys._getframe()
while "request" not in worker.f_locals or "self" not in worker.f_locals: worker = worker.f_back
kind = type(worker.f_locals["self"])
use = kind._use_class
kind._use_class = lambda *given: {**use(*given), "one_sample": True, "one_channel": True, "remarks": ()}
"""


def test_a_class_cannot_hide_that_it_is_checked_on_one_sample(tmp_path: Path) -> None:
    """What the process says about a class decides how it is called, so the report says it too."""
    path = tmp_path / "mine.py"
    path.write_text(LAST_SAMPLE)
    report = check_file(path, ("Linear",), {"op": "linear"}, Limits(20.0)).report
    assert report.remarks == (ONE_SAMPLE, ONE_CHANNEL)
    grade = Grade(Submission(path, None), report, "", 0.0)
    assert grade.sentence == "The class takes one sample at a time; larger batches were not checked."


REFUSES = """
import numpy as np
def forward(x, w, b, stride=1, padding=0):
    if stride != 1 or padding != 0 or len(x) > 2: raise ValueError("too hard")
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("nchwij,fcij->nfhw", v, w) + b[:, None, None]
def backward(dy, x, w, b, stride=1, padding=0):
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    p = [(0, 0), (0, 0), *((k - 1, k - 1) for k in w.shape[2:])]
    u = np.lib.stride_tricks.sliding_window_view(np.pad(dy, p), w.shape[2:], (2, 3))
    dx = np.einsum("nfhwij,fcij->nchw", u, w[:, :, ::-1, ::-1])
    return dx, np.einsum("nchwij,nfhw->fcij", v, dy), dy.sum((0, 2, 3))
"""


def test_cases_that_right_code_refuses_are_in_its_line(tmp_path: Path) -> None:
    """Code that raises an exception for all that it cannot do is right on the rest."""
    path = tmp_path / "mine.py"
    path.write_text(REFUSES)
    report = check_file(path, None, {"op": "conv2d"}, Limits(20.0)).report
    sentence = Grade(Submission(path, None), report, "", 0.0).sentence
    assert report.ok and sentence.startswith("Not checked, because the code refused it: x (")
    assert "too hard" in sentence


def test_a_link_in_the_working_folder_is_not_followed_when_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    path = tmp_path / "mine.py"
    path.write_text(WRONG.format(before=f"import os; os.symlink({str(tmp_path / 'kept')!r}, 'a')", cheat="pass"))
    path.write_text(path.read_text().replace("'a')", "f'{id(x)}')"))
    check_file(path, None, {"op": "relu"}, Limits(20.0))
    assert (tmp_path / "kept" / "file").exists()


def test_the_environment_names_no_descriptor_of_the_channel(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG.format(before="import os, sys; print(sys.argv, dict(os.environ))", cheat="pass"))
    printed = check_file(path, None, {"op": "relu"}, Limits(20.0)).printed
    assert printed.startswith(f"['{path}']") and "status" not in printed.split("]")[0] and os.environ is not None
