"""Answers to vectors: right ones, wrong ones with their mistake, missing and broken ones."""

import json
import shutil

import numpy as np
import pytest

from rot180.check import vectors
from rot180.check.vectors.arrays import as_json as to_json
from rot180.check.vectors.verification import verify
from rot180.errors import GradientError


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Exported folders by operation; each is written once, because its files are synced to the disk."""
    folders = {}

    def export(op):
        if op not in folders:
            folders[op] = tmp_path_factory.mktemp("vectors") / op
            vectors.export(folders[op], op)
        return folders[op]

    return export


@pytest.fixture
def answered(tmp_path, exported):
    """A folder of vectors with right answers."""

    def make(op="conv2d", change=lambda name, a: a, as_json=False):
        folder = tmp_path / op
        shutil.copytree(exported(op), folder)
        for name in sorted(path.name for path in folder.iterdir() if path.is_dir()):
            arrays = {k: change(k, np.load(folder / name / f"{k}.npy")) for k in ("y", "dx", "dw", "db")}
            if as_json:
                (folder / name / "answer.json").write_text(json.dumps({k: to_json(a) for k, a in arrays.items()}))
            else:
                (folder / name / "answer").mkdir()
                for k, a in arrays.items():
                    np.save(folder / name / "answer" / f"{k}.npy", a)
        return folder

    return make


@pytest.mark.parametrize("op", ["conv1d", "conv2d", "conv_transpose2d", "linear"])
@pytest.mark.parametrize("as_json", [False, True])
def test_right_answers(answered, op, as_json):
    folder = answered(op, as_json=as_json)
    report = verify(folder)
    assert report.ok and report.op == op and len(report.tried) == len(list(folder.glob("*/answer*")))


@pytest.mark.parametrize(
    ("slug", "change"),
    [
        ("dw-rotated", lambda k, a: a[..., ::-1, ::-1] if k == "dw" else a),
        ("sign-inverted", lambda k, a: -a if k == "dx" else a),
        ("scaled", lambda k, a: 2 * a if k == "db" else a),
    ],
)
def test_wrong_answers_are_diagnosed(answered, slug, change):
    report = verify(answered(change=change))
    assert not report.ok and [d.slug for d in report.diagnoses] == [slug]


@pytest.mark.parametrize("name", ["y", "dx"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("all_cells", [False, True])
@pytest.mark.filterwarnings("error")
def test_answers_that_are_not_finite(answered, name, value, all_cells):
    """No crash, no warning, and no diagnosis about repeated calls, because nothing is called."""

    def change(key, a):
        return np.where(np.arange(a.size).reshape(a.shape) < (a.size if all_cells else 1), value, a)

    report = verify(answered(op="linear", change=lambda k, a: change(k, a) if k == name else a))
    assert {d.argument for d in (*report.diagnoses, *report.unexplained)} == {name}
    assert "gradients-accumulated" not in [d.slug for d in report.diagnoses]


def test_answers_that_are_rounded(answered):
    report = verify(answered(change=lambda k, a: a * np.float32(1 + 1e-6) if k == "dw" else a))
    assert report.ok and [(n.slug, n.argument) for n in report.notes] == [("low-precision", "dw")]
    assert "float64" not in report.notes[0].explanation and "integers" in report.notes[0].explanation


@pytest.mark.parametrize("change", [np.sin, lambda a: a[..., :-1]], ids=["other numbers", "another shape"])
def test_gradients_of_an_unexplained_result_are_judged_by_the_definition(answered, change):
    report = verify(answered(change=lambda k, a: change(a) if k == "y" else a[..., ::-1, ::-1] if k == "dw" else a))
    assert [d.argument for d in report.unexplained] == ["y"]
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("dw-rotated", "dw")]


def test_answers_that_are_missing(answered):
    folder = answered()
    names = [p for p in folder.iterdir() if p.is_dir()]
    first, second = sorted(p for p in folder.iterdir() if p.is_dir())[:2]
    shutil.rmtree(first / "answer")
    report = verify(folder)
    assert not report.ok and report.refused == (f"{first.name} (no answer)",)
    assert [(d.slug, d.argument) for d in report.unexplained] == [("missing", "y")]
    assert report.unexplained[0].explanation == f"1 of {len(names)} cases has no answer: {first.name} (no answer)."
    assert "answer with y for every case" in report.unexplained[0].fix
    assert [s.name for s in report.stages if not s.passed] == ["answers"]
    report = verify(folder, allow_missing=True)
    assert report.ok and report.refused == (f"{first.name} (no answer)",)
    assert report.remarks == (f"1 of {len(names)} cases has no answer and is not checked.",)
    (second / "answer" / "y.npy").unlink()
    report = verify(folder)
    assert f"{second.name} (no y in the answer)" in report.refused
    assert f"{first.name} (no answer), {second.name} (no y in the answer)." in report.unexplained[0].explanation
    assert verify(folder, allow_missing=True).remarks[0].startswith(f"2 of {len(names)} cases have no answer and are")
    for case in folder.iterdir():
        shutil.rmtree(case / "answer", ignore_errors=True)
    with pytest.raises(
        GradientError,
        match=r"vectors\.verify: no case in .* has an answer with a y; the program must write answer/y\.npy",
    ):
        verify(folder)


def test_gradients_that_are_missing(answered):
    """A program without a backward must not count as right."""
    folder = answered()
    cases = sorted(p for p in folder.iterdir() if p.is_dir())
    (cases[0] / "answer" / "dw.npy").unlink()
    report = verify(folder)
    assert not report.ok and [(d.slug, d.argument) for d in report.unexplained] == [("missing", "dw")]
    assert f"{len(cases) - 1} of {len(cases)} answers contain dw" in report.unexplained[0].explanation
    assert report.unexplained[0].explanation.endswith(f"It is missing in {cases[0].name}.")
    assert report.unexplained[0].fix.endswith("--only y,dx,db")
    assert {s.name for s in report.stages if s.passed} == {"forward", "dx", "db"}
    assert [s.name for s in report.stages if not s.passed] == ["dw"]
    for case in cases:
        for path in (case / "answer").glob("d*.npy"):
            path.unlink()
    report = verify(folder)
    assert not report.ok and [d.argument for d in report.unexplained] == ["dx", "dw", "db"]
    assert "No answer contains dx" in report.unexplained[0].explanation and report.unexplained[0].fix.endswith(
        "--only y"
    )


def test_arrays_not_requested_are_not_judged(answered):
    folder = answered(change=lambda k, a: -a if k == "dw" else a)
    for path in folder.glob("*/answer/dx.npy"):
        path.unlink()
    report = verify(folder)
    assert [d.argument for d in report.diagnoses] == ["dw"] and [d.argument for d in report.unexplained] == ["dx"]
    report = verify(folder, only=["y", "db"])
    assert report.ok and report.title == "conv2d (standard set, seed 0; y, db only) as conv2d (correlation): right"
    assert report.remarks == ("As requested, only y, db judged, and not dx, dw.",)
    assert {s.name for s in report.stages} == {"forward", "db"}
    assert verify(folder, only=["y"]).title == "conv2d (standard set, seed 0; y only) as conv2d (correlation): right"
    with pytest.raises(ValueError, match=r"vectors\.verify: only must name y, or y and some of dx, dw, db; got 'x'"):
        verify(folder, only=["x"])


def first_case(folder):
    return sorted(p for p in folder.iterdir() if p.is_dir())[0]


def test_a_diagnosis_names_the_folder_of_its_case(answered):
    """The smallest of the wrong cases; all cases are listed with their folders."""
    folder = answered()
    cases = sorted(p for p in folder.iterdir() if p.is_dir())
    for case in cases[3:5]:
        path = case / "answer" / "dx.npy"
        np.save(path, -np.load(path))
    report = verify(folder)
    found = [d.case for d in (*report.diagnoses, *report.unexplained)]
    assert found and all(text.startswith((f"{cases[3].name}: x (", f"{cases[4].name}: x (")) for text in found)
    assert [text.split(": ")[0] for text in report.tried] == [case.name for case in cases]
    assert f"smallest case that fails: {found[0].split(': ')[0]}: x (" in report.render()


def test_inputs_that_were_changed_are_reported_and_not_used(answered):
    """If all inputs were changed to zeros, a program whose answers are zeros is still wrong."""
    folder = answered(change=lambda k, a: 0 * a)
    for path in folder.glob("*/*.npy"):
        np.save(path, 0 * np.load(path))
    report = verify(folder)
    assert not report.ok and not [stage for stage in report.stages if stage.passed]
    assert report.remarks[0].startswith(
        "The files of 58 cases differ from the files that this version of rot180 exports: 000 ("
    )
    assert "000 (x.npy, w.npy, b.npy, dy.npy, y.npy, dx.npy, dw.npy, db.npy), 001-" in report.remarks[0]
    assert report.remarks[0].endswith("so a program that read the changed files may appear wrong.")


def test_right_answers_stay_right_whatever_happens_to_the_inputs(answered):
    folder = answered()
    case = first_case(folder)
    (case / "case.json").write_text("[" * 100_000)
    (case / "x.npy").unlink()
    report = verify(folder)
    assert report.ok and "of 1 case differ from" in report.remarks[0] and ": 000 (case.json)." in report.remarks[0]


def test_folder_without_results_and_inputs(answered):
    """Only the answers are needed, with an index or with its values."""
    folder = answered()
    for path in (*folder.glob("*/*.npy"), *folder.glob("*/case.json"), *folder.glob("*/settings.txt")):
        path.unlink()
    report = verify(folder)
    assert report.ok and report.remarks == ()
    (folder / "rot180-vectors.json").unlink()
    assert verify(folder, op="conv2d", which="standard", seed=0).ok
    report = verify(folder, op="conv2d", which="standard", seed=1)
    assert not report.ok and report.title == "conv2d (standard set, seed 1) as conv2d (correlation): WRONG"


def test_name_of_a_folder_that_a_terminal_would_act_on(tmp_path):
    folder = tmp_path / "evil\n\x1b[2J"
    for name in vectors.export(folder, "linear"):
        (folder / name / "answer.json").write_bytes(b'{"y": {"shape": [], "data": [0]}}')
    assert verify(folder, only=["y"]).title.startswith("evil\\n\\x1b[2J (standard set, seed 0; y only) as linear")
