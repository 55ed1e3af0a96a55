"""Cheats that were written with the whole source at hand: a wrong relu that tries to be graded as right."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import rot180
from rot180.check.process.failure import CouldNotCheckError
from rot180.check.process.file_check import check_file
from rot180.check.process.forbidden import PACKAGES, hidden_paths
from rot180.check.process.program import Limits

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
FRAME = "import sys; f = sys._getframe()\n    while 'replies' not in f.f_locals: f = f.f_back\n    "
CHEATS = {  # the statements, and what the check says: "WRONG", or a part of the reason why there is no verdict
    "the verdict is written where it used to be": (
        "import os, json, glob\n"
        "    for place in ('.', os.path.dirname(__file__)):\n"
        "        try: open(place + '/answer.json', 'w').write(json.dumps({{'failure': None, 'report': {{'ok': True}}}}))\n"
        "        except OSError: pass\n"
        "    os._exit(0)",
        "ended the process (exit status 0)",
    ),
    "the report is changed in memory": (
        "import sys\n"
        "    report = next((m for n, m in sys.modules.items() if 'report' in n), None)\n"
        "    if report: report.LayerReport.ok = True",
        "WRONG",
    ),
    "the library computes the gradient": ("import rot180.functional", "refused while code is graded"),
    "PyTorch computes the gradient": ("import importlib; importlib.import_module('torch')", "refused while code is"),
    "the finder is removed first": (
        f"import sys; sys.meta_path[:] = [m for m in sys.meta_path if 'Refusal' not in repr(m)][1:]\n"
        f"    sys.path.insert(0, {str(Path(PACKAGE).parent)!r}); import importlib; importlib.import_module('rot180.errors')",
        "refused while code is graded",
    ),
    "the source of the library is run": (f"exec(open({PACKAGE!r} + '/functional/__init__.py').read())", "refused"),
    "the source is read by another program": (
        f"import subprocess; exec(subprocess.check_output(['cat', {PACKAGE!r} + '/errors.py']))", "refused while",
    ),
    "machine code is called": ("import ctypes; ctypes.CDLL(None).system(b'true')", "refused while code is graded"),
    "the worker's own reply is forged": (
        FRAME + "w = f.f_locals['self']; w.functions[:] = [lambda *a: 0 * a[0]] * 2\n"
        "    import os; os.write(f.f_locals['replies'], w._answer(f.f_locals['request']))",
        "did not ask for",
    ),
    "the frame of the worker gets another function": (
        FRAME + "f.f_locals['self'].functions[:] = [lambda *a, **k: 0] * 2", "WRONG",
    ),
    "comparisons of NumPy are replaced": (
        "np.array_equal = np.allclose = lambda *a, **k: True; np.ndarray.__eq__ if 0 else None", "WRONG",
    ),
    "the result says that it equals everything": (
        "class Equal(np.ndarray):\n"
        "        def __eq__(self, other): return np.True_\n"
        "        def __sub__(self, other): return 0 * np.asarray(other)\n"
        "        __rsub__ = __sub__\n"
        "        def __array__(self, *a, **k): return np.zeros(self.shape)\n"
        "    return dy.copy().view(Equal)",
        "WRONG",
    ),
    "NaN is never unequal": ("return dy * np.nan", "WRONG"),
    "an object pretends to be an array": (
        "class Array:\n        shape = dy.shape\n        def __array__(self, *a, **k): raise SystemExit(0)\n    return Array()",
        "called sys.exit(0)",
    ),
    "the checker is killed": ("import os; os.kill(os.getppid(), 9)", "refused while code is graded"),
    "the memory of the checker is changed": (
        "import os; open(f'/proc/{{os.getppid()}}/mem', 'r+b')", "refused while code is graded",
    ),
    "the memory of the checker is read": ("open('/proc/1/environ')", "refused while code is graded"),
    "the package is changed on disk": (f"open({PACKAGE!r} + '/check/report.py', 'a')", "refused while code is graded"),
    "the file is changed after it was loaded": ("open(__file__, 'w')", "refused while code is graded"),
    "the hook is looked for": ("import gc; gc.get_objects()", "refused while code is graded"),
    "an argument is changed to hide it": ("x[...] = 1; dy[...] = 0", "WRONG"),
}  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_not_right(tmp_path: Path, cheat: str) -> None:
    text, outcome = CHEATS[cheat]
    path = tmp_path / "mine.py"
    path.write_text(WRONG.replace("{before}", "pass").replace("{cheat}", text.replace("{{", "{").replace("}}", "}")))
    limits = Limits(20.0, PACKAGES, tuple(hidden_paths(PACKAGES)))
    try:
        report = check_file(path, None, {"op": "relu", "seed": 3}, limits).report
    except CouldNotCheckError as error:
        assert any(part in str(error) for part in outcome.split("|")), str(error)
        assert str(error).isprintable()
    else:
        assert not report.ok and "WRONG" in outcome, report.render()
    assert path.read_text().startswith("\nimport numpy")


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
