"""The contest of gradient checkers: known verdicts on a few implementations, and the shape of its tables."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import benchmarks.checkers.__main__ as program
from benchmarks.checkers import contest, page, with_differences
from benchmarks.checkers.contest import Result, Results, Verdict
from benchmarks.checkers.subjects import ClassSubject, Subject, single, subjects
from rot180.errors import GradientError

RIGHT, SCALED, FLIPPED, LOW = "linear by einsum", "linear, twice", "textbook convolution", "sigmoid in float32"
MUTATING = "relu in place"
CS231N = "CS231n, 1e-7"
SUBJECTS = subjects()
NOTHING = Result([], [], {"rot180": []})


def numbers_of(*names: str) -> list[int]:
    return [next(n for n, s in enumerate(SUBJECTS) if s.name == name) for name in names]


def held(peer: str, *names: str) -> Result:
    numbers = numbers_of(*names)
    ours, tried = contest.of_rot180(numbers, False)
    theirs = contest.of_peer(peer, numbers, tried, False)
    return Result(contest.select(numbers, False), tried, {"rot180": ours, peer: theirs})


def alarms(result: Result, checker: str) -> list[bool]:
    return [bool(verdict.alarm) for verdict in result.verdicts[checker]]


@pytest.mark.parametrize(
    "peer",
    [
        CS231N,
        pytest.param("torch gradcheck, slow", marks=pytest.mark.peers),
        pytest.param("torch gradcheck, fast", marks=pytest.mark.peers),
    ],
)
def test_mistakes_that_each_checker_reports(peer: str) -> None:
    result = held(peer, RIGHT, SCALED, FLIPPED, MUTATING)
    assert alarms(result, "rot180") == [False, True, True, True]
    assert alarms(result, peer) == [
        False,
        True,
        False,
        False,
    ]  # it cannot know the mistake in the forward, and does not look at dy afterwards
    assert [tried.forward_alone for tried in result.tried] == [False, False, True, False]
    assert (result.right, result.wrong, result.forward_alone) == ([0], [1, 3], [2])
    assert page.named(result, "rot180") == 2 and page.named(result, peer) == 0


def test_layers_that_compute_in_float32_do_not_count() -> None:
    result = held(CS231N, RIGHT, LOW)
    assert alarms(result, "rot180") == [False, False]
    assert alarms(result, CS231N) == [False, True]
    assert result.right == [0]


def test_each_gets_the_cases_that_rot180_has_tried() -> None:
    (number,) = numbers_of(FLIPPED)
    _, (tried,) = contest.of_rot180([number], False)
    shapes = [problem.case.shapes for problem in tried.problems]
    asked: list[dict[str, tuple[int, ...]]] = []

    def ask(layer: contest.Layer) -> None:
        asked.append({name: a.shape for name, a in zip(layer.code.returns, layer.inputs, strict=True)})

    verdict = contest.judge_by_peer(ask, SUBJECTS[number], tried, 0, np.float64)
    assert not verdict.alarm and asked == shapes and len(shapes) > 1


def test_an_exception_is_an_objection() -> None:
    (number,) = numbers_of(RIGHT)
    _, (tried,) = contest.of_rot180([number], False)

    def ask(layer: contest.Layer) -> None:
        raise ValueError("\n\nshapes do not fit\nand more")

    verdict = contest.judge_by_peer(ask, SUBJECTS[number], tried, 0, np.float64)
    assert (verdict.alarm, verdict.at) == ("ValueError: shapes do not fit", 0)


def test_differences_are_those_of_the_course() -> None:
    x, dy = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    before = x.copy()
    found = with_differences.numerical_gradient(lambda: x**2, x, dy)
    np.testing.assert_allclose(found, 2 * before * dy, rtol=1e-9)
    assert np.array_equal(x, before)
    assert with_differences.relative_error(np.array([1.0, 0.0]), np.array([1.0, 1e-9])) == pytest.approx(0.1)


def test_float32_all_through() -> None:
    plain = SUBJECTS[numbers_of(RIGHT)[0]]
    narrow = single(plain)
    assert inspect.signature(narrow.forward) == inspect.signature(plain.forward)
    assert narrow.forward(np.ones((2, 3)), np.ones((4, 3))).dtype == np.float32
    assert {a.dtype for a in narrow.backward(np.ones((2, 4)), np.ones((2, 3)), np.ones((4, 3))).values()} == {
        np.dtype(np.float32)
    }


def rows(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    result = held(CS231N, RIGHT, SCALED, FLIPPED, MUTATING)
    head, rule, ours, *peers, last = rows(page.totals(result))
    assert head[1] == "caught, of 2 wrong backwards" and set(rule) == {"---"}
    assert ours[:5] == ["rot180", "2", "-", "2", "0"] and ours[6] == "1"
    assert [row[:2] for row in peers] == [[name, "not installed"] for name in contest.PEERS if name != CS231N]
    assert last[:5] == [CS231N, "1", "1", "0", "0"] and last[6] == "0"
    assert rows(page.by_slug(result))[2:] == [
        ["`input-mutated`", "1", "1", "0"],
        ["`scaled`", "1", "1", "1"],
        ["`forward-flipped` (forward alone)", "1", "1", "0"],
    ]
    assert f"- {CS231N} misses: {MUTATING} (`input-mutated`)." in page.lists(result)
    assert [row[:5] for row in rows(page.readme({"date": "", "others": ""}, Results(result, NOTHING), ""))[2:]] == [
        ["rot180", "2", "2", "0", "1"], [CS231N, "1", "0", "0", "0"],
    ]  # fmt: skip


def test_the_false_alarms_in_float32_are_said() -> None:
    numbers = numbers_of(RIGHT)
    ours, tried = contest.of_rot180(numbers, True)
    theirs = contest.of_peer(CS231N, numbers, tried, True)
    result = Result(contest.select(numbers, True), tried, {"rot180": ours, CS231N: theirs}, low_too=True)
    said = f"False alarms on the 1 correct implementations if they compute in float32: rot180: 0; {CS231N}: 1."
    assert page.in_float32(result).strip() == said


def test_false_alarms_are_listed_with_their_messages() -> None:
    result = held(CS231N, RIGHT)
    result.verdicts[CS231N][:] = [Verdict("relative error of dx: 2e-07", 0.0, 0)]
    assert page.lists(result) == f"- {CS231N} has false alarms on: {RIGHT} (relative error of dx: 2e-07).\n"


@pytest.mark.slow
def test_it_writes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy", reason="SciPy is not installed (the extra test)")
    monkeypatch.setattr(contest, "present", lambda peer: "" if peer == CS231N else None)
    assert program.main(["--only", RIGHT, MUTATING, "--no-single", "--out", str(tmp_path)]) == 0
    (file,) = tmp_path.iterdir()
    assert file.name.endswith("-checkers.md")
    assert "| rot180 | 1 | - | 1 | 0 |" in file.read_text(encoding="utf-8")
    out, err = capsys.readouterr()
    assert "| rot180 | 1 | 1 | 0 | 0 |" in out
    assert "jax check_grads: not installed" in err


def test_a_name_that_is_nowhere_is_said() -> None:
    pytest.importorskip("scipy", reason="SciPy is not installed (the extra test)")
    with pytest.raises(SystemExit, match="no implementation has tensorflow in its name"):
        program.main(["--only", "tensorflow"])


CLASS, WRONG_CLASS, GREY = "book_im2col.Affine", "numpy_modules.FullyConnectedMeanBias", "regions_of_an_image.Conv3x3"


@pytest.mark.parametrize("peer", [CS231N, pytest.param("torch gradcheck, slow", marks=pytest.mark.peers)])
def test_classes_are_given_to_the_others_as_functions(peer: str) -> None:
    result = held(peer, CLASS, WRONG_CLASS)
    assert alarms(result, peer) == [False, True]
    assert [subject.lines for subject in result.subjects] == [3, 9]


def test_classes_are_counted_separately() -> None:
    result = held(CS231N, CLASS, WRONG_CLASS)
    text = page.page({"date": "today"}, Results(NOTHING, result))
    assert (
        "## Layers as classes" in text
        and "in 2 styles" in text
        and "for 0 of 2 layers, the settings" in " ".join(text.split())
    )
    short = page.readme({"date": "", "others": ""}, Results(result, result), "")
    assert "the others need about 6 lines around it" in short and "| checker, classes | caught, of 1 wrong" in short


def test_a_refusal_of_a_class_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(subject: Subject) -> None:
        raise GradientError("no method is a forward")

    monkeypatch.setattr(ClassSubject, "report", refuse)
    right, wrong = contest.of_rot180(numbers_of(CLASS, WRONG_CLASS), False)[0]
    assert right.alarm == "GradientError: no method is a forward" and not wrong.alarm


def test_a_layer_of_grey_images_gets_one_channel_and_has_no_dx() -> None:
    result = held(CS231N, GREY)
    assert alarms(result, "rot180") == alarms(result, CS231N) == [False]
    assert {problem.case.shapes["x"][1] for problem in result.tried[0].problems} == {1}
    assert result.tried[0].returns == ("w",)
