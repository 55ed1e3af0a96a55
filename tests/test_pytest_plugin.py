"""The fixture `rot180_check`, in a pytest of its own."""

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


def test_a_course_is_graded(tmp_path):
    (tmp_path / "test_course.py").write_text(textwrap.dedent(GRADED))
    found = any(point.name == "rot180" for point in metadata.entry_points(group="pytest11"))
    plugin = [] if found else ["-p", "rot180.pytest_plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, str(tmp_path)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1 and "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "scaled: dw" in done.stdout and "1 / N times the right one" in done.stdout


def test_it_costs_next_to_nothing_where_it_is_not_used():
    text = "import sys, rot180.pytest_plugin; print('numpy' in sys.modules, 'rot180.check' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.stdout == "False False\n", done.stderr
