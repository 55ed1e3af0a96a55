"""`rot180 check`: on typical files, and on files that misbehave."""

import json
import os
import re
import textwrap
import time

import pytest

from rot180.check import LayerReport
from rot180.check.process.program import Program
from rot180.check.rendering.page import page
from rot180.check.report import Diagnosis
from rot180.cli.check import parse_target
from rot180.cli.check_report import coloured
from rot180.cli.entry_point import main

RIGHT = """
    import numpy as np

    def layer_forward(x, w, b, stride=1, pad=0):
        k, l = w.shape[2:]
        xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        rows, cols = (xp.shape[2] - k) // stride + 1, (xp.shape[3] - l) // stride + 1
        y = np.zeros((len(x), len(w), rows, cols))
        for i in range(rows):
            for j in range(cols):
                seen = xp[:, :, i * stride : i * stride + k, j * stride : j * stride + l]
                y[:, :, i, j] = np.tensordot(seen, w, ((1, 2, 3), (1, 2, 3))) + b
        return y, (x, w, stride, pad)

    def layer_backward(dout, cache):
        x, w, stride, pad = cache
        k, l = w.shape[2:]
        xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        dxp, dw = np.zeros_like(xp), np.zeros_like(w)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                at = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + l]
                dxp[at] += np.tensordot(dout[:, :, i, j], w, 1)
                dw += np.tensordot(dout[:, :, i, j], xp[at], ((0,), (0,)))
        return dxp[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, dout.sum((0, 2, 3))
"""

NOTHING = "def backward(dy, cache): 0"


@pytest.fixture
def file(tmp_path):
    """Write a user's file and return its path."""

    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def test_a_correct_layer(file, capsys):
    assert main(["check", file(RIGHT)]) == 0
    out = capsys.readouterr().out
    assert "layer_backward as conv2d (correlation): right" in out and "WRONG" not in out


def test_a_mistake_is_named_shown_and_written_to_files(file, capsys, tmp_path):
    wrong = file(RIGHT.replace("], dw, dout", "], dw[..., ::-1, ::-1], dout"))
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    words = [
        "check",
        f"{wrong}:layer_forward,layer_backward",
        "--stride",
        "2",
        "--html",
        str(page),
        "--json",
        str(data),
    ]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "dw-rotated: dw" in out and "fix: dw = dw[..., ::-1, ::-1]" in out and "should be" in out
    html = page.read_text()
    assert "<code>dw-rotated</code>" in html and "<mark>" in html
    shown = re.search(r"How the correct value of <code>(dw\[[0-9,]+\])</code> is computed</p>\n<iframe", html)
    assert shown and json.loads(data.read_text())["diagnoses"][0]["example"]["cell"] == shown[1]
    found = json.loads(data.read_text())
    assert found["ok"] is False and [d["slug"] for d in found["diagnoses"]] == ["dw-rotated"]
    assert main([*words[:2], "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnoses"][0]["argument"] == "dw"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys\nsys.exit(3)", r"called sys\.exit\(3\)"),
        ("def forward(x, w, b: pass", r"SyntaxError: .*line 1"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(line 1 of "),
        (
            "def forward(x, w, b): return x",
            "has no pair of functions named forward and backward; choose two functions: mine.py:",
        ),
        (
            "def a_forward(x, w): 0\ndef a_backward(dy): 0\ndef b_forward(x, w): 0\ndef b_backward(dy): 0",
            "has 2 pairs: a_forward,a_backward, b_forward,b_backward",
        ),
        (
            "import os\ndef forward(x, w, b): os._exit(0)\ndef backward(dy, cache): 0",
            "ended the process .exit status 0. before",
        ),
        (
            "def forward(x, w, b): raise KeyError('no')\ndef backward(dy, cache): 0",
            "refused every case.*KeyError: 'no'",
        ),
        (
            "def forward(x, w, b, q): 0\ndef backward(dy, cache): 0",
            "the meaning of the parameter 'q' is unknown; list the meanings",
        ),
    ],
)
def test_code_that_cannot_be_checked(file, capsys, text, message):
    assert main(["check", file(text)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(message, err), err


def test_code_that_hangs(file, capsys):
    path = file("def forward(x, w, b):\n    while True: pass\ndef backward(dy, cache): 0")
    assert main(["check", path, "--timeout", "1.5"]) == 2
    assert "did not finish within 1.5 seconds" in capsys.readouterr().err


def beginning(text):
    """RIGHT with these lines at the beginning of its backward."""
    head = "def layer_backward(dout, cache):\n"
    return textwrap.dedent(RIGHT).replace(head, head + text)


def test_thread_left_running_does_not_delay_the_verdict(file, capsys):
    text = "    import threading, time\n    threading.Thread(target=time.sleep, args=(3600,)).start()\n"
    path = file(beginning(text))
    assert main(["check", path, "--timeout", "600"]) == 0
    assert "layer_backward as conv2d (correlation): right" in capsys.readouterr().out


def test_output_of_c_code_is_shown_and_harmless(file, capsys):
    text = "    import os\n    os.write(1, b'from C \\xff\\x1b[2J' * 20000)\n    print('from Python')\n"
    path = file(beginning(text))
    assert main(["check", path]) == 0
    out = capsys.readouterr().out
    shown = out.partition("the code printed (shown once):")[2]
    assert "from C" in shown and "\\x1b" in shown and "\x1b" not in out and len(shown) < 3000


def test_output_of_the_code_cannot_pass_for_a_report(file, capsys):
    path = file(RIGHT.replace("def layer_forward", "print('a\\n\\nb as conv2d: right')\n    def layer_forward", 1))
    assert main(["check", path]) == 0
    assert "    a\n\n    b as conv2d: right\n" in capsys.readouterr().out


def test_output_before_an_exit_is_shown(file, capsys):
    path = file("import os\nprint('so far')\ndef forward(x, w, b): os._exit(7)\ndef backward(dy, cache): 0")
    assert main(["check", path]) == 2
    err = capsys.readouterr().err
    assert "ended the process (exit status 7) before the check was complete; it printed: so far" in err


def test_output_before_a_timeout_is_shown(file, capsys, tmp_path, monkeypatch):
    ready = tmp_path / "ready"
    path = file(f"print('so far')\nopen({str(ready)!r}, 'w').close()\nwhile True: pass")
    read = Program.read

    def read_when_ready(program, count, deadline):
        """Make the time run out as soon as the code has printed, on a machine of any speed."""
        for _ in range(6000):
            if ready.exists():
                program.deadline = 0.0
                break
            time.sleep(0.02)
        return read(program, count, deadline)

    monkeypatch.setattr(Program, "read", read_when_ready)
    assert main(["check", path]) == 2
    assert "increase --timeout if it does not hang; it printed: so far" in capsys.readouterr().err


def test_output_of_the_code_is_shown_once_and_objects_keep_state(file, capsys):
    text = (
        RIGHT
        + """
    class Layer:
        def __init__(self):
            print("made")
        def forward(self, x, w, b):
            y, self.kept = layer_forward(x, w, b)
            return y
        def backward(self, dy):
            return layer_backward(dy, self.kept)
    """
    )
    assert main(["check", f"{file(text)}:Layer.forward,Layer.backward"]) == 0
    assert "the code printed" in (out := capsys.readouterr().out) and out.count("made") == 1


def test_wrong_usage(file, capsys, tmp_path):
    assert main(["check", "/nowhere/mine.py"]) == 2
    assert "/nowhere/mine.py does not exist" in capsys.readouterr().err
    os.mkfifo(tmp_path / "pipe.py")
    assert main(["check", str(tmp_path / "pipe.py")]) == 2
    assert f"{tmp_path / 'pipe.py'} is not a regular file" in capsys.readouterr().err
    assert main(["check", f"{file(RIGHT)}:one,two,three"]) == 2
    assert "needs one or two names after the colon" in capsys.readouterr().err
    assert main(["check", f"{file(RIGHT)}:layer_forward,nothing"]) == 2
    assert "has no function nothing; its functions are layer_backward, layer_forward" in capsys.readouterr().err
    assert main(["check", f"{file(RIGHT)}:layer_forwrad,layer_backward"]) == 2
    assert "has no function layer_forwrad (did you mean 'layer_forward'?); its functions" in capsys.readouterr().err
    assert main(["check", file(RIGHT), "--op", "conv9"]) == 2
    assert "unknown operation 'conv9': did you mean 'conv1d', 'conv2d' or 'conv3d'?" in capsys.readouterr().err
    assert main(["check", file(RIGHT), "--stride", "x"]) == 2
    assert "must be an integer, or one per axis, e.g. 2,1; got 'x'" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_the_code_runs(file, capsys, tmp_path):
    path = file("1 / 0")
    for option in ("--json", "--html"):
        assert main(["check", path, option, str(tmp_path / "no" / "report")]) == 2
        assert capsys.readouterr().err == f"rot180: {option}: there is no folder {tmp_path / 'no'}\n"
        assert main(["check", path, option, str(tmp_path)]) == 2
        assert capsys.readouterr().err == f"rot180: {option}: {tmp_path} is a folder; name a file\n"


def test_a_page_on_standard_output(file, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, data = file(RIGHT), tmp_path / "report.json"
    assert main(["check", path, "--html", "-", "--json", str(data)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("<!DOCTYPE html>") and out.endswith("</html>\n") and not (tmp_path / "-").exists()
    assert json.loads(data.read_text())["ok"] is True
    assert main(["check", path, "--html", "-", "--json", "-"]) == 2
    assert "--json and --html cannot both be - (standard output); name a file" in capsys.readouterr().err


def test_two_files_in_one_place_are_refused(file, capsys, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "report")
    for other in ("report", "link", "../" + tmp_path.name + "/report"):
        path = tmp_path / other
        assert main(["check", file("1 / 0"), "--json", str(tmp_path / "report"), "--html", str(path)]) == 2
        assert f"--json and --html cannot both be {path}; name a file for one of them" in capsys.readouterr().err


def test_the_code_runs_only_if_the_options_are_right(file, tmp_path, capsys):
    path = file(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert main(["check", path, "--op", "nothing"]) == 2 and not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("op", "suggested"),
    [("conv", "'conv1d', 'conv2d' or 'conv3d'?"), ("Conv2d", "'conv2d'?"), ("maxpool", "'max_pool1d', ")],
)
def test_only_the_likely_operations_are_suggested(file, capsys, op, suggested):
    assert main(["check", file(RIGHT), "--op", op]) == 2
    err = capsys.readouterr().err
    assert f"unknown operation '{op}': did you mean {suggested}" in err and "operations are" not in err


def test_messages_name_options_of_the_command(file, capsys):
    path = file("def forward(x, w, b, q): 0\ndef backward(dy, cache): 0")
    assert main(["check", path]) == 2
    err = capsys.readouterr().err
    assert "--forward-arguments x,w,b" in err and "forward_arguments" not in err


def test_json_of_a_check_that_could_not_run(file, capsys, tmp_path):
    path, data = file("1 / 0"), tmp_path / "report.json"
    data.write_text('{"ok": true}')
    for place in ("-", str(data)):
        assert main(["check", path, "--json", place]) == 2
        shown = capsys.readouterr()
        found = json.loads(shown.out if place == "-" else data.read_text())
        assert found == {"ok": None, "error": f"check: ZeroDivisionError: division by zero (line 1 of {path})"}
        assert shown.err == f"rot180: {found['error']}\n"
    assert main(["check", "/nowhere/mine.py", "--json", "-"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "check: /nowhere/mine.py does not exist"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mine.py:a,b,c"], "FILE.py:NAMES needs one or two names after the colon"),
        (["mine.py:a,b,c", "other.py"], "FILE.py:NAMES needs one or two names after the colon"),
        (["mine.py", "--op", "sum"], "check: unknown operation 'sum'"),
        (["mine.py", "--op", "relu", "--stride", "2"], "check: relu has no setting --stride; its settings are none"),
        (["mine.py", "--layout", "chw"], "unknown layout 'chw'"),
        (["mine.py", "--forbid", "a b"], "--forbid: 'a b' is not the name of a package"),
    ],
)
def test_json_of_words_that_are_wrong(capsys, words, message):
    assert main(["check", *words, "--json", "-"]) == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["ok"] is None and message in found["error"] and err == f"rot180: {found['error']}\n"


NORM = """
    import numpy as np

    def forward(x, gamma, beta, eps=1e-5):
        h = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
        return gamma * h + beta, (h, gamma, np.sqrt(x.var(-1, keepdims=True) + eps))

    def backward(dy, cache):
        h, gamma, s = cache
        d = dy * gamma
        dx = (d - d.mean(-1, keepdims=True) - h * (d * h).mean(-1, keepdims=True)) / s
        lead = tuple(range(dy.ndim - 1))
        return dx, (dy * h).sum(lead), dy.sum(lead)
"""
LEAKY = """
    import numpy as np
    def forward(x): return np.where(x > 0, x, 0.3 * x)
    def backward(dy, x): return np.where(x > 0, dy, 0.3 * dy)
"""
SUMMED = """
    def forward(x, t): return ((x - t) ** 2).sum()
    def backward(x, t): return 2 * (x - t)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words", "right", "said"),
    [
        (NORM, ["--op", "layer-norm", "--eps", "1e-2"], True, "eps 0.01"),
        (NORM, ["--op", "layer-norm", "--eps", "1e-2", "--normalized-shape", "5"], True, "normalized_shape 5"),
        (LEAKY, ["--op", "leaky_relu", "--negative-slope", "0.3"], True, "negative_slope 0.3"),
        (LEAKY, ["--op", "leaky_relu", "--negative_slope", "0.2"], False, "negative_slope 0.2"),
        (SUMMED, ["--op", "mse_loss", "--reduction", "sum"], True, "reduction sum"),
        (SUMMED, ["--op", "mse_loss", "--reduction", "mean"], False, "reduction mean"),
    ],
)
def test_every_setting_has_an_option(file, capsys, text, words, right, said):
    assert main(["check", file(text), *words]) == (0 if right else 1)
    assert said in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--eps", "1e-3"],
            "check: conv2d has no setting --eps; its settings are --stride, --padding, --dilation, --groups",
        ),
        (
            ["--op", "layer_norm", "--stride", "2"],
            "check: layer_norm has no setting --stride; its settings are --eps, --normalized-shape",
        ),
        (["--eps", "x"], "--eps: must be a number of at least 0; got 'x'"),
        (["--stride", "1,2,3"], r"check: conv2d: stride must be an int or 2 ints, one per spatial axis; got (1, 2, 3)"),
        (["--returns", "x,w,b,q"], "check: returns is 'x', 'w', 'b', 'q', but conv2d has gradients of x, w, b"),
        (["--layout", "sideways"], "check: unknown layout 'sideways'"),
    ],
)
def test_wrong_settings(file, capsys, words, message):
    assert main(["check", file(RIGHT), *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith("rot180: ") and message in err and "Error" not in err, err


def test_targets_and_colours():
    assert parse_target("a/b.py") == ("a/b.py", None) and parse_target("C:\\x\\b.py") == ("C:\\x\\b.py", None)
    assert parse_target("b.py:f,Layer.g") == ("b.py", ("f", "Layer.g"))
    assert parse_target("b.py:Layer") == ("b.py", ("Layer",))
    assert "\033[1;31mWRONG" in coloured("a: WRONG\n") and "\033[31m[-3]\033[0m" in coloured("  [-3]  4")


def test_wrong_cells_are_marked_but_not_indices():
    picture = "dx[0]    should be\n [nan] [-1.5e-07]       3 4\n"
    assert coloured(picture).count("\033[31m") == 2
    assert "\033[31m[nan]\033[0m \033[31m[-1.5e-07]\033[0m" in coloured(picture)
    report = LayerReport("relu", "a<b", "correlation", (), (Diagnosis("mask-wrong", "dx", "", "", picture=picture),))
    shown = page(report)
    assert "dx[0]    should be\n <mark>[nan]</mark> <mark>[-1.5e-07]</mark>       3 4" in shown
    assert shown.count("a&lt;b as relu: WRONG") == 2 and report.render().startswith("a<b as relu: WRONG\n")
