"""The fixture `rot180_check`, in a separate run of pytest."""

import subprocess
import sys
import textwrap
from importlib import metadata

GRADED = """
    import numpy as np

    def forward(x, w, b):
        return x @ w.T + b

    def right(dy, x, w, b):
        return dy @ w, dy.T @ x, dy.sum(0)

    def wrong(dy, x, w, b):
        return dy @ w, dy.T @ x / len(x), dy.sum(0)

    def test_right(rot180_check):
        assert rot180_check(forward, right, op="linear").ok

    def test_wrong(rot180_check):
        rot180_check(forward, wrong, op="linear")
"""


BROKEN = """
    import sys

    def forward(x, w, b):
        return x @ w.T + b

    def backward(dy, x, w, b):
        return dy @ w, dy.T @ x, dy.sum(0)

    def raises(dy, x, w, b):
        raise RuntimeError("boom")

    def leaves(dy, x, w, b):
        sys.exit(0)

    def test_loss(rot180_check):
        assert rot180_check(lambda x, t: (0.5 * ((x - t) ** 2).sum(), x - t), op="half_squared_error").ok

    def test_raises(rot180_check):
        rot180_check(forward, raises, op="linear")

    def test_leaves(rot180_check):
        rot180_check(forward, leaves, op="linear")

    def test_no_backward(rot180_check):
        rot180_check(forward, op="linear")

    def test_setting(rot180_check):
        rot180_check(forward, backward, op="linear", stride=2)

    def test_op(rot180_check):
        rot180_check(forward, backward, op="linaer")
"""


def test_broken_code_fails_with_one_clear_line(tmp_path):
    done = graded(BROKEN, tmp_path)
    assert done.returncode == 1 and "5 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    for message in (
        "raises, refused every case", "RuntimeError: boom", "leaves, refused every case", "SystemExit: 0",
        "needs a backward; only a loss can be a single function", "linear has no setting 'stride'",
        "unknown operation 'linaer': did you mean 'linear'?",
    ):  # fmt: skip
        assert message in done.stdout, message
    failures = done.stdout.partition("FAILURES")[2].partition("short test summary")[0]
    lines = [line for line in failures.splitlines() if not line.strip(" ").startswith(("___", "==="))]
    assert len([line for line in lines if line]) == 5 and ".py:" not in failures, failures


def graded(text, folder):
    """Run pytest on the tests of a course in a new process."""
    (folder / "test_course.py").write_text(textwrap.dedent(text))
    installed = any(point.name == "rot180" for point in metadata.entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "rot180.pytest_plugin"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--disable-warnings", "-p", "no:cacheprovider", *plugin, str(folder)],
        capture_output=True, text=True, cwd=folder,
    )  # fmt: skip


def test_a_course_is_graded(tmp_path):
    done = graded(GRADED, tmp_path)
    assert done.returncode == 1 and "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "scaled: dw" in done.stdout and "the correct gradient divided by N" in done.stdout


def test_the_plugin_imports_neither_numpy_nor_the_checker():
    text = "import sys, rot180.pytest_plugin; print('numpy' in sys.modules, 'rot180.check' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.stdout == "False False\n", done.stderr
