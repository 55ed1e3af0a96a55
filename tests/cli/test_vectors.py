"""`rot180 vectors`: only the requested results are judged, and missing ones are reported."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rot180.cli.entry_point import main


@pytest.fixture
def cases(tmp_path, capsys):
    """A folder of vectors of a linear layer, with answers to some names."""

    def make(*names):
        folder = tmp_path / "cases"
        assert main(["vectors", "export", str(folder), "--op", "linear"]) == 0
        for case in (p for p in folder.iterdir() if p.is_dir()):
            (case / "answer").mkdir()
            for name in names:
                np.save(case / "answer" / f"{name}.npy", np.load(case / f"{name}.npy"))
        capsys.readouterr()
        return str(folder)

    return make


def test_a_program_without_a_backward(cases, capsys):
    folder = cases("y")
    assert main(["vectors", "verify", folder]) == 1
    out = capsys.readouterr().out
    assert (
        "cases (standard set, seed 0) as linear: WRONG" in out
        and "missing: dx" in out
        and "No answer contains db, so it is not checked." in out
    )
    assert main(["vectors", "verify", folder, "--only", "y"]) == 0
    out = capsys.readouterr().out
    assert (
        "cases (standard set, seed 0; y only) as linear: right" in out
        and "As requested, only y judged, and not dx, dw, db." in out
    )
    assert main(["vectors", "verify", folder, "--only", "y,dz"]) == 2
    assert "only must name y, or y and some of dx, dw, db; got 'dz'" in capsys.readouterr().err


def test_a_complete_program(cases, capsys):
    folder = cases("y", "dx", "dw", "db")
    assert main(["vectors", "verify", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True and found["remarks"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "does not exist"),
        (["--only", "y,dz"], "only must name y, or y and some of dx, dw, db; got 'dz'"),
        (["--op", "conv2"], "unknown operation 'conv2'"),
        (["--op", "conv2d"], "has op 'linear'; 'conv2d' is required"),
        (["--set", "tiny"], "has set 'standard'; 'tiny' is required"),
        (["--seed", "1"], "has seed 0; 1 is required"),
        (["--without-results"], "vectors verify has no option --without-results"),
    ],
)
def test_json_of_a_verification_that_could_not_run(tmp_path, cases, capsys, words, message):
    folder = cases("y") if words else str(tmp_path / "nowhere")
    assert main(["vectors", "verify", folder, "--json", *words]) == 2
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["ok"] is None and message in found["error"] and found["error"] in shown.err


def test_a_seed_that_only_the_grader_knows(tmp_path, capsys):
    """The folder that is handed out has no results, and no other set is accepted."""
    folder = tmp_path / "cases"
    words = ["--op", "linear", "--set", "tiny", "--seed", "8153"]
    assert main(["vectors", "export", str(folder), *words, "--without-results"]) == 0
    assert not list(folder.rglob("y.npy"))
    for case in (p for p in folder.iterdir() if p.is_dir()):
        x, w, b = (np.load(case / f"{name}.npy") for name in "xwb")
        (case / "answer").mkdir()
        np.save(case / "answer" / "y.npy", x @ w.T + b)
    (folder / "rot180-vectors.json").unlink()
    capsys.readouterr()
    assert main(["vectors", "verify", str(folder), *words, "--only", "y"]) == 0
    assert "cases (tiny set, seed 8153; y only) as linear: right" in capsys.readouterr().out


def test_cases_without_an_answer(cases, capsys):
    folder = Path(cases("y", "dx", "dw", "db"))
    shutil.rmtree(folder / "000")
    assert main(["vectors", "verify", str(folder)]) == 1
    assert "1 of 11 cases has no answer: 000 (no answer)." in " ".join(capsys.readouterr().out.split())
    assert main(["vectors", "verify", str(folder), "--allow-missing"]) == 0
