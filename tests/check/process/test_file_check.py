"""The check of a file: honest code, code that misbehaves, and code that cheats."""

from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rot180.check.process.failure import CouldNotCheckError
from rot180.check.process.file_check import FileVerdict, check_file
from rot180.check.process.program import Limits

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and pipes")
linux = pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux finds all descendants")

RELU = """
import numpy as np
def forward(x):
    {forward}
    return np.maximum(x, 0)
def backward(dy, x):
    {backward}
    return dy * (x > 0)
"""
Check = Callable[..., FileVerdict]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Write a file and check it as a relu, within 10 seconds unless the test says otherwise."""

    def run(text: str = RELU, *, forward: str = "", backward: str = "", name: str = "mine.py", **given: Any) -> Any:
        path = tmp_path / name
        text = textwrap.dedent(text).replace("{forward}", forward or "pass").replace("{backward}", backward or "pass")
        path.write_text(text)
        limits = Limits(given.pop("seconds", 10.0), **given.pop("limits", {}))
        return check_file(path, given.pop("names", None), {"op": "relu", **given}, limits)

    return run


def test_right_code_is_right(check: Check) -> None:
    verdict = check()
    assert verdict.report.ok and verdict.report.name == "backward" and verdict.printed == ""


def test_wrong_code_is_named_as_in_the_same_process(check: Check) -> None:
    report = check(backward="return dy").report
    assert [(found.slug, found.argument) for found in report.diagnoses] == [("mask-wrong", "dx")]


def test_an_argument_that_is_changed_in_place_is_found(check: Check) -> None:
    report = check(forward="x[x < 0] = 0").report
    assert "input-mutated" in [found.slug for found in report.diagnoses]
    assert any("forward's x" in found.argument for found in report.diagnoses)


def test_an_argument_that_the_backward_changes_through_the_cache_is_found(check: Check) -> None:
    text = """
    import numpy as np
    def forward(x): return np.maximum(x, 0), x
    def backward(dy, cache):
        dx = dy * (cache > 0)
        cache[...] = 0
        return dx
    """
    report = check(text).report
    assert [(found.slug, found.argument) for found in report.diagnoses] == [("input-mutated", "the backward's x")]


def test_a_cache_keeps_objects_that_cannot_be_sent(check: Check) -> None:
    text = """
    import numpy as np
    from dataclasses import dataclass
    @dataclass
    class Cache:
        x: np.ndarray
        mask: object
    def forward(x): return np.maximum(x, 0), {"cache": Cache(x, lambda: x > 0), "ring": [RING]}
    RING = []
    RING.append(RING)
    def backward(dy, cache):
        assert cache["ring"][0] is RING
        return dy * cache["cache"].mask()
    """
    assert check(text).report.ok


def test_an_exception_has_its_type_text_and_line(check: Check) -> None:
    with pytest.raises(CouldNotCheckError, match=r"KeyError: 'no', line 4 of mine\.py"):
        check(forward="raise KeyError('no')")


def test_text_of_the_code_is_escaped_and_on_one_line(check: Check) -> None:
    with pytest.raises(CouldNotCheckError) as caught:
        check(forward=r'raise type("a\n\x1b[2J", (ValueError,), {})("b\r\n\x1b]0;c\x07" + "d" * 9999)')
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
    assert "Exception: b\\r\\n\\x1b]0;c\\x07ddd" in str(caught.value)


def test_the_name_of_a_function_is_escaped(check: Check) -> None:
    report = check(RELU + "\nbackward.__name__ = 'right\\n\\x1b[2J' * 50").report
    assert report.ok and report.title.isprintable() and report.title.startswith("right\\n\\x1b[2J")
    assert len(report.title) < 500


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        ("import sys; sys.exit(3)", r"called sys\.exit\(3\)"),
        ("raise SystemExit('a\\nb')", r"called sys\.exit\(a\\nb\)"),
        ("import os; os._exit(0)", r"ended the process \(exit status 0\) before the check was complete"),
        ("import os; os.kill(os.getpid(), 9)", r"ended the process \(killed by SIGKILL\)"),
        ("import os; os.abort()", r"ended the process \(killed by SIGABRT\)"),
        ("import ctypes; ctypes.string_at(0)", r"ended the process \(killed by SIGSEGV\)"),
        ("import os; os.closerange(3, 200)", r"ended the process|closed the pipe"),
    ],
)  # fmt: skip
def test_code_that_ends_the_process(check: Check, forward: str, message: str) -> None:
    with pytest.raises(CouldNotCheckError, match=message):
        check(forward=forward)


@pytest.mark.slow
@pytest.mark.parametrize("forward", ["while True: pass", "import time; time.sleep(60)", "[None for _ in iter(int, 1)]"])
def test_code_that_hangs(check: Check, forward: str) -> None:
    begin = time.monotonic()
    with pytest.raises(CouldNotCheckError, match=r"did not finish within 1 seconds; increase --timeout"):
        check(forward=forward, seconds=1.0)
    assert time.monotonic() - begin < 5


@pytest.mark.slow
def test_one_call_that_hangs_is_named(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rot180.check.process.remote.CALL_SECONDS", 0.7)
    with pytest.raises(CouldNotCheckError, match=r"did not finish forward within 0\.7 seconds"):
        check(forward="while True: pass", seconds=60.0)


def test_input_is_empty(check: Check) -> None:
    with pytest.raises(CouldNotCheckError, match="EOFError"):
        check(forward="input()")


@posix
def test_memory_is_bounded(check: Check) -> None:
    with pytest.raises(CouldNotCheckError, match=r"MemoryError|ArrayMemoryError|Unable to allocate"):
        check(forward="np.ones((1 << 34))")


@pytest.mark.slow
@linux
def test_memory_that_is_shared_between_processes_is_bounded(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rot180.check.process.program.MEMORY", 300 << 20)
    text = "import mmap, time; m = mmap.mmap(-1, 400 << 20); m.write(b'x' * (80 << 20)); "
    text += "[m.write(b'x' * (80 << 20)) for _ in range(4)]; time.sleep(60)"
    with pytest.raises(CouldNotCheckError, match=r"used more than .* GB of memory, and was stopped"):
        check(forward=text)


@posix
def test_output_is_bounded(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rot180.check.process.program.MAX_FLOOD", 1 << 20)
    with pytest.raises(CouldNotCheckError, match=r"printed more than 1 MB, and was stopped; it printed: yyy"):
        check(forward="while True: print('y' * 1000)")


@posix
def test_files_are_bounded(check: Check) -> None:
    with pytest.raises(CouldNotCheckError, match=r"OSError: \[Errno 27\]"):
        check(forward="open('big', 'wb').truncate(1 << 40)")


def test_a_result_that_is_too_large_is_refused(check: Check) -> None:
    with pytest.raises(CouldNotCheckError, match="the result is too large to be checked"):
        check(forward="return np.zeros(40 << 20, np.int8)")


# ---- forged messages ----

FORGE = "import os\n    for fd in range(3, 40):\n        try: os.write(fd, {message})\n        except OSError: pass"


@pytest.mark.parametrize(
    "message",
    ["b'right'", "bytes(1 << 16)", "b'\\xff' * 100", "b'\\x02\\0\\0\\0' + bytes(8) + b'{}'",
     "b'\\x10\\0\\0\\0' + bytes(8) + b'[' * 16", "__import__('struct').pack('<IQ', 14, 0) + b'{\"ticket\": 12}'"],
)  # fmt: skip
def test_a_forged_answer_gives_no_verdict(check: Check, message: str) -> None:
    with pytest.raises(CouldNotCheckError, match=r"sent a message|ended the process"):
        check(forward=FORGE.format(message=message))


def test_an_answer_before_the_question_gives_no_verdict(check: Check) -> None:
    """The code answers in the name of the worker with the right ticket, and the worker's own answer comes too late."""
    forward = (
        "import sys, os\n"
        "    frame = sys._getframe()\n"
        "    while 'replies' not in frame.f_locals: frame = frame.f_back\n"
        "    worker, request = frame.f_locals['self'], frame.f_locals['request']\n"
        "    worker.functions[:] = [lambda x: x] * 2\n"
        "    os.write(frame.f_locals['replies'], worker._answer(request))"
    )
    with pytest.raises(CouldNotCheckError, match="sent a message that the checker did not ask for"):
        check(forward=forward)


def test_the_definitions_are_not_in_the_process(check: Check) -> None:
    forward = "import sys; assert not [n for n in sys.modules if n.partition('.')[0] in ('rot180', '_rot180_worker')]"
    assert check(forward=forward).report.ok


# ---- the path ----


@pytest.mark.parametrize("name", ["random", "numpy", "json", "typing", "ctypes", "select"])
def test_a_file_named_like_a_module_does_not_replace_it(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file with the name of a module, beside the checked file or in the current folder, does not replace it."""
    (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')")
    monkeypatch.chdir(tmp_path)
    assert check(forward=f"import {name}; assert not hasattr({name}, 'taken')").report.ok


def test_a_file_may_itself_have_the_name_of_a_module(check: Check) -> None:
    assert check(name="numpy.py").report.ok


def test_files_beside_it_can_be_imported(check: Check, tmp_path: Path) -> None:
    (tmp_path / "im2col.py").write_text("zero = 0")
    assert check(forward="import im2col; assert im2col.zero == 0").report.ok
    assert not (tmp_path / "__pycache__").exists()


def test_the_working_folder_is_temporary_and_removed(check: Check, tmp_path: Path) -> None:
    verdict = check(forward="import os; open('left', 'w').close(); print(os.getcwd())")
    folder = verdict.printed.splitlines()[0]
    assert "rot180-check-" in folder and not os.path.exists(folder) and not (tmp_path / "left").exists()


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CouldNotCheckError, match=r"none\.py does not exist"):
        check_file(tmp_path / "none.py", None, {"op": "relu"})
    with pytest.raises(CouldNotCheckError, match="is not a regular file"):
        check_file(tmp_path, None, {"op": "relu"})


@posix
def test_the_name_of_the_file_is_escaped(check: Check) -> None:
    name = "a\n\x1b[2J.py"
    for forward in ("1 / 0", "import os; os._exit(3)"):
        with pytest.raises(CouldNotCheckError) as caught:
            check(forward=forward, name=name)
        assert str(caught.value).isprintable() and "a\\n\\x1b[2J.py" in str(caught.value)
    with pytest.raises(CouldNotCheckError) as caught:
        check("1 / 0", name=name)
    assert str(caught.value).isprintable() and "(line 1 of " in str(caught.value)


@posix
def test_a_named_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(CouldNotCheckError, match="is not a regular file"):
        check_file(tmp_path / "pipe.py", None, {"op": "relu"})


# ---- classes ----

LINEAR = """
import numpy as np
class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.zeros((n_out, n_in)), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b
    def backward(self, dy):
        self.dW, self.db = dy.T @ self.x, dy.{how}(0)
        return dy @ self.W
def make(n_in, n_out): return Linear(n_in, n_out)
layer = Linear(3, 2)
"""


@pytest.mark.parametrize("names", [None, ("Linear",), ("make",), ("layer",)])
def test_a_class_or_a_factory_is_checked(check: Check, names: tuple[str, ...] | None) -> None:
    assert check(LINEAR.replace("{how}", "sum"), op="linear", names=names).report.ok
    report = check(LINEAR.replace("{how}", "mean"), op="linear", names=names).report
    assert [(found.slug, found.argument) for found in report.diagnoses] == [("scaled", "db")]
    assert report.name == ("make" if names == ("make",) else "Linear")


def test_methods_of_a_class_whose_constructor_takes_sizes(check: Check) -> None:
    names = ("Linear.forward", "Linear.backward")
    assert check(LINEAR.replace("{how}", "sum"), op="linear", names=names).report.ok


HOMEWORK = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, cache): return dout * (cache > 0)
def affine_forward(x, w, b): return x @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)
def softmax_loss(x, y):
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(len(x)), y]).mean()
    p[np.arange(len(x)), y] -= 1
    return loss, p / len(x)
"""


@pytest.mark.parametrize("op", ["relu", "linear", "softmax_cross_entropy"])
def test_a_homework_file(check: Check, op: str) -> None:
    assert check(HOMEWORK, op=op).report.ok


def test_a_loss_that_is_wrong(check: Check) -> None:
    report = check(HOMEWORK.replace("p / len(x)", "p"), op="softmax_cross_entropy", names=("softmax_loss",)).report
    assert [(found.slug, found.argument) for found in report.diagnoses] == [("scaled", "dx")]


def test_a_class_without_a_backward_says_so(check: Check) -> None:
    text = LINEAR.replace("{how}", "sum").replace("def backward", "def other")
    with pytest.raises(CouldNotCheckError, match=r"^check: Linear has no backward; its methods are forward, other"):
        check(text, op="linear", names=("Linear",))


def test_a_class_cannot_leave_out_a_gradient(check: Check) -> None:
    """The constructor changes what the worker says about the class."""
    text = (
        LINEAR.replace("{how}", "mean")
        + """
import sys
worker = sys._getframe()
while "request" not in worker.f_locals or "self" not in worker.f_locals: worker = worker.f_back
kind = type(worker.f_locals["self"])
use = kind._use_class
kind._use_class = lambda *given: {**use(*given), "returns": ("x", "w"), "remarks": ("b\\n\\x1b[2J",)}
"""
    )
    report = check(text, op="linear", names=("Linear",)).report
    assert not report.ok and report.remarks == ("b\\n\\x1b[2J",)


def test_a_gradient_of_x_that_a_class_leaves_out_is_remarked(check: Check) -> None:
    text = LINEAR.replace("{how}", "sum").replace("return dy @ self.W", "return None")
    report = check(text, op="linear", names=("Linear",)).report
    assert any("dx was not checked" in remark for remark in report.remarks)
