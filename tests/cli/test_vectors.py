"""`rot180 vectors`: only the requested results are judged, and missing ones are reported."""

import json

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
        "cases as linear: WRONG" in out
        and "missing: dx" in out
        and "No answer contains db, so it is not judged." in out
    )
    assert main(["vectors", "verify", folder, "--only", "y"]) == 0
    out = capsys.readouterr().out
    assert "cases (y only) as linear: right" in out and "As requested, only y judged, and not dx, dw, db." in out
    assert main(["vectors", "verify", folder, "--only", "y,dz"]) == 2
    assert "only must name y, or y and some of dx, dw, db; got 'dz'" in capsys.readouterr().err


def test_a_complete_program(cases, capsys):
    folder = cases("y", "dx", "dw", "db")
    assert main(["vectors", "verify", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True and found["remarks"] == []


def test_json_of_a_verification_that_could_not_run(tmp_path, capsys):
    assert main(["vectors", "verify", str(tmp_path), "--json"]) == 2
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["ok"] is None and "does not exist" in found["error"] and found["error"] in shown.err
