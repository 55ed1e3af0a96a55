"""Answers to vectors: right ones, wrong ones with their mistake, missing and broken ones."""

import json
import shutil

import numpy as np
import pytest

from rot180.check import vectors
from rot180.check.vectors.export import as_json as to_json
from rot180.check.vectors.verification import verify
from rot180.errors import FormatError, GradientError


@pytest.fixture
def answered(tmp_path):
    """A folder of vectors with right answers."""

    def make(op="conv2d", change=lambda name, a: a, as_json=False):
        folder = tmp_path / op
        for name in vectors.export(folder, op):
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
    assert report.ok and report.refused == (f"{first.name} (no answer)",)
    assert report.remarks[0].startswith(f"1 of {len(names)} cases has no answer and is not judged")
    (second / "answer" / "y.npy").unlink()
    assert f"{second.name} (no y in the answer)" in verify(folder).refused
    for case in folder.iterdir():
        shutil.rmtree(case / "answer", ignore_errors=True)
    with pytest.raises(
        GradientError,
        match=r"vectors\.verify: no case in .* has an answer with a y; the program must write answer/y\.npy",
    ):
        verify(folder)


def test_gradients_that_are_missing(answered):
    """A program that forgot its backward is not right."""
    folder = answered()
    cases = [p for p in folder.iterdir() if p.is_dir()]
    (cases[0] / "answer" / "dw.npy").unlink()
    report = verify(folder)
    assert not report.ok and [(d.slug, d.argument) for d in report.unexplained] == [("missing", "dw")]
    assert f"{len(cases) - 1} of {len(cases)} answers contain dw" in report.unexplained[0].explanation
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
    assert report.ok and report.title == "conv2d (y, db only) as conv2d (correlation): right"
    assert report.remarks == ("As requested, only y, db judged, and not dx, dw.",)
    assert {s.name for s in report.stages} == {"forward", "db"}
    assert verify(folder, only=["y"]).title == "conv2d (y only) as conv2d (correlation): right"
    with pytest.raises(ValueError, match=r"vectors\.verify: only must name y, or y and some of dx, dw, db; got 'x'"):
        verify(folder, only=["x"])


def test_unreadable_answers(answered, tmp_path):
    with pytest.raises(FormatError, match=r"vectors\.verify: .*rot180-vectors\.json does not exist"):
        verify(tmp_path)
    folder = answered()
    case = sorted(p for p in folder.iterdir() if p.is_dir())[0]
    (case / "answer" / "dx.npy").write_bytes(b"\x93NUMPY nothing")
    with pytest.raises(FormatError, match=r"dx\.npy is not a \.npy file"):
        verify(folder)
    np.save(case / "answer" / "dx.npy", np.array(["a"]))
    with pytest.raises(FormatError, match=r"dx\.npy must hold at most"):
        verify(folder)
    np.save(case / "answer" / "dx.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(FormatError, match=r"dx\.npy is not a \.npy file"):
        verify(folder)
    (case / "case.json").write_text("{")
    with pytest.raises(FormatError, match=r"case\.json is not valid JSON"):
        verify(folder)
    index = json.loads((folder / "rot180-vectors.json").read_text())
    (folder / "rot180-vectors.json").write_text(json.dumps({**index, "version": 2}))
    with pytest.raises(FormatError, match="has format version 2; this rot180 reads version 1"):
        verify(folder)


def first_case(folder):
    return sorted(p for p in folder.iterdir() if p.is_dir())[0]


def rewrite(path, change):
    """Change a JSON file."""
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["arrays"]["w"]["data"].__setitem__(0, 7), r"w\.npy differs from case\.json next to it"),
        (
            lambda r: r["arrays"]["dy"]["data"].__setitem__(0, float("nan")),
            r"dy\.npy differs from case\.json next to it",
        ),
        (
            lambda r: r["settings"].update(strides=2),
            r"case\.json has a setting 'strides'; the settings of conv2d are stride, padding",
        ),
        (lambda r: r["settings"].update(stride=0), r"case\.json: conv2d: stride .*0"),
        (
            lambda r: r["settings"].update(stride=2),
            r"case\.json: dy has shape .* but the settings give y the shape \(2, 3, 2, 3\)",
        ),
        (lambda r: r.update(settings=[2]), r"case\.json does not describe a case"),
        (lambda r: r.update(op="conv1d"), r"case\.json is for 'conv1d', the index for conv2d"),
        (lambda r: r["arrays"].pop("w"), r"case\.json lacks w"),
        (lambda r: r["arrays"].pop("dx"), r"case\.json lacks dx"),
        (lambda r: r["arrays"]["w"]["data"].__setitem__(0, 10**400), r"case\.json: w must be an object with 'shape'"),
    ],
)
def test_cases_that_were_changed(answered, change, message):
    folder = answered()
    rewrite(first_case(folder) / "case.json", change)
    with pytest.raises(FormatError, match=message):
        verify(folder)


def test_results_that_differ_from_the_definition(answered):
    folder = answered()
    case = first_case(folder)
    w = np.load(case / "w.npy")
    w.flat[0] += 1
    np.save(case / "w.npy", w)
    with pytest.raises(FormatError, match=r"w\.npy differs from case\.json next to it; export the vectors again"):
        verify(folder)
    rewrite(case / "case.json", lambda r: r["arrays"].update(w=to_json(w)))
    with pytest.raises(FormatError, match=r"case\.json: y, dx are not the results of conv2d; export the vectors again"):
        verify(folder)
    rewrite(case / "case.json", lambda r: r["arrays"].update(dy=to_json(np.ones((1, 2)))))
    with pytest.raises(
        FormatError, match=r"case\.json: dy has shape \(1, 2\), but the settings give y the shape \(2, 3, 4, 6\)"
    ):
        verify(folder)


def test_settings_that_were_changed(answered):
    folder = answered()
    path = first_case(folder) / "settings.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert verify(folder).ok
    path.write_text(path.read_text().replace("stride 1", "stride 2"))
    with pytest.raises(
        FormatError, match=r"settings\.txt differs from case\.json next to it; export the vectors again"
    ):
        verify(folder)


def test_index_of_another_operation(answered):
    folder = answered()
    rewrite(folder / "rot180-vectors.json", lambda r: r.update(op="conv_transpose2d"))
    with pytest.raises(FormatError, match=r"case\.json is for 'conv2d', the index for conv_transpose2d"):
        verify(folder)


def test_answers_in_both_formats(answered):
    folder = answered()
    (first_case(folder) / "answer.json").write_text("{}")
    with pytest.raises(FormatError, match=r"has both answer\.json and a folder answer; remove one of them"):
        verify(folder)


def test_deeply_nested_json(answered):
    folder = answered()
    (first_case(folder) / "case.json").write_text("[" * 100_000)
    with pytest.raises(FormatError, match=r"case\.json is not valid JSON"):
        verify(folder)


def test_answer_that_is_a_folder(answered):
    folder = answered()
    path = first_case(folder) / "answer" / "dx.npy"
    path.unlink()
    path.mkdir()
    with pytest.raises(FormatError, match=r"dx\.npy is not a file"):
        verify(folder)
