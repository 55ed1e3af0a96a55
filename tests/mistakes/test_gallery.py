"""The checker on the gallery: every mistake is named, the one that is there first, and nobody is accused falsely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from rot180 import check, explain
from rot180.check import operations
from rot180.check.adapter.implementation import Implementation
from rot180.check.judging.judge import Judge
from rot180.check.operations import Definition
from rot180.check.operations.case import Case
from rot180.check.report import Diagnosis
from rot180.check.running.runner import Runner
from rot180.errors import GradientError

from .entry import Entry
from .gallery import ENTRIES, RIGHT, WRONG

CONVOLUTIONAL = """
    forward-flipped dx-kernel-not-rotated dw-rotated dw-transposed reshaped-not-transposed dx-padding-kept dx-shifted
    stride-ignored border-dropped stride-dilation-swapped overlap-overwritten last-sample-only db-not-summed scaled
    sign-inverted clip-collapsed clipped output-padding-as-zeros transposed-padding-added channels-swapped wrong-channel
    groups-mixed weights-updated-first input-mutated gradients-accumulated integer-truncated
""".split()


def params(entries: list[Entry]) -> list[Any]:
    return [pytest.param(e, id=e.name, marks=[pytest.mark.peers] if e.peers else []) for e in entries]


def params_by_mistake(entries: list[Entry]) -> list[Any]:
    """One entry of each mistake for `make test`; the others are slow."""
    first = {e.slugs[0]: e.name for e in reversed(entries) if not e.peers}
    slow = {e.name for e in entries if e.name != first.get(e.slugs[0])}
    return [
        pytest.param(*p.values, id=p.id, marks=[*p.marks, *([pytest.mark.slow] if p.id in slow else [])])
        for p in params(entries)
    ]


def run(entry: Entry) -> check.LayerReport:
    return check.layer(entry.forward, entry.backward, op=entry.op, **entry.check)


@pytest.mark.parametrize("entry", params_by_mistake(WRONG))
def test_a_wrong_one_is_named(entry: Entry) -> None:
    report = run(entry)
    found = [d.slug for d in report.diagnoses]
    assert not report.ok
    assert found[:1] == [entry.slugs[0]], str(report)
    assert set(found) == set(entry.slugs), str(report)
    assert not report.unexplained, str(report)
    for diagnosis in report.diagnoses:
        assert_explained(diagnosis)


def assert_explained(diagnosis: Diagnosis) -> None:
    """The explainer, on the smallest case, makes the wrong cell as the report says that it should have been."""
    if diagnosis.example is None:
        return
    example = diagnosis.example
    trace = explain.trace(example.op, **example.settings, **example.arrays)
    name, index = example.cell.removesuffix("]").split("[")
    assert explain.text(trace, example.cell)
    right = trace.arrays[name][tuple(map(int, index.split(",")))]
    told = re.search(r"(\S+), not \S+$", diagnosis.formula)
    assert told is None or float(told.group(1)) == pytest.approx(right, rel=1e-5), diagnosis.render()


@pytest.mark.slow
def test_most_mistakes_of_plain_convolutions_can_be_seen_in_the_explainer() -> None:
    reports = [run(e) for e in WRONG if e.op == "conv2d" and e.check.get("convention") is None and not e.peers][:8]
    found = [d for report in reports for d in report.diagnoses if d.argument in ("dx", "dw")]
    assert sum(d.example is not None for d in found) >= len(found) // 2 > 2


@pytest.mark.parametrize("entry", params(RIGHT))
def test_a_right_one_is_not_accused(entry: Entry) -> None:
    report = run(entry)
    assert report.ok, str(report)
    assert not report.diagnoses
    assert not report.unexplained
    assert all(stage.passed for stage in report.stages), str(report)


def test_every_mistake_with_convolutions_is_there_and_first() -> None:
    assert {e.slugs[0] for e in WRONG} == set(CONVOLUTIONAL)


def test_the_gallery_is_as_large_as_it_says() -> None:
    assert len(RIGHT) >= 18
    assert len(WRONG) >= 32
    assert len({e.name for e in ENTRIES}) == len(ENTRIES)


# ---- right ones, on many settings ----


@dataclass(frozen=True)
class OneCase:
    """A definition that is tried on one case of the test's choosing."""

    definition: Definition
    case: Case

    def __getattr__(self, name: str) -> Any:
        return getattr(self.definition, name)

    def cases(self, *_: Any) -> Iterator[Case]:
        yield self.case


def random_case(entry: Entry, rng: np.random.Generator) -> Case:
    """Sizes and settings that have a result."""
    definition = operations.find(entry.op)
    convention = entry.check.get("convention", "correlation")
    fixed = {name: value for name, value in entry.check.items() if name in definition.settings}
    for _ in range(1000):
        settings = {name: int(rng.choice(values)) for name, values in entry.varies.items()} | fixed
        most = 5 if definition.axes < 3 else 3
        kernel = tuple(int(n) for n in rng.integers(1, most, definition.axes))
        size = tuple(int(n) for n in rng.integers(1, most + 2, definition.axes))
        images, ins, outs = (int(n) for n in rng.integers(1, 4, 3))
        groups = settings.get("groups", 1)
        if "output_padding" in settings:
            settings["output_padding"] = int(rng.integers(0, settings["stride"]))
        weight = (ins * groups, outs) if definition.transposed else (outs * groups, ins)
        shapes = {"x": (images, ins * groups, *size), "w": (*weight, *kernel), "b": (outs * groups,)}
        case = Case(settings, shapes, convention)
        try:
            definition.window(case)
        except ValueError:
            continue
        return case
    raise AssertionError(f"no random sizes fit {entry.op} with {fixed}")


def judge_at_random(entry: Entry, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    definition = operations.find(entry.op)
    layout = entry.check.get("layout", "channels_first")
    judged = 0
    for _ in range(100 * count):
        if judged == count:
            break
        case = random_case(entry, rng)
        one: Any = OneCase(definition, case)
        returns = entry.check.get("returns")
        code = Implementation(entry.forward, entry.backward, definition, layout, returns=returns)
        try:
            runner = Runner(code, one, case.convention, dict(case.settings), int(rng.integers(1 << 30)))
            report = Judge(runner).report()
        except GradientError as error:
            assert any(word in str(error) for word in ("NotImplementedError", "square images")), (
                f"{entry.name} on {case.describe()}: {error}"
            )
            continue
        assert report.ok, f"{case.describe()}\n{report}"
        assert all(stage.passed for stage in report.stages), f"{case.describe()}\n{report}"
        judged += 1
    assert judged == count, f"{entry.name} took only {judged} of {100 * count} random cases"


@pytest.mark.slow
@pytest.mark.parametrize("entry", params(RIGHT))
def test_no_false_alarm_on_a_few_settings(entry: Entry) -> None:
    judge_at_random(entry, 7, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("entry", params(RIGHT))
def test_no_false_alarm_on_thousands_of_settings(entry: Entry) -> None:
    judge_at_random(entry, 5000 // len(RIGHT) + 1, seed=2)


# ---- the third origin: a question on the backward of a transposed convolution of one matrix, and its answer ----


def rotated(k: np.ndarray) -> np.ndarray:
    return k[::-1, ::-1]


def valid(a: np.ndarray, k: np.ndarray) -> np.ndarray:
    """scipy.signal.correlate2d(a, k, "valid")."""
    return np.einsum("pqij,ij->pq", np.lib.stride_tricks.sliding_window_view(a, k.shape), k)


def full(a: np.ndarray, k: np.ndarray) -> np.ndarray:
    """scipy.signal.convolve2d(a, k, "full")."""
    return valid(np.pad(a, [(n - 1, n - 1) for n in k.shape]), rotated(k))


def question(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return full(x, rotated(w))


def question_backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return valid(dz, w), valid(dz, x)


def question_backward_clipped(dz: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.clip(valid(dz, w), 10, -10), valid(dz, x)


def answer_backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return valid(dz, rotated(w)), rotated(valid(dz, x))


FLIPPED, DX, DW = ("forward-flipped", "y"), ("dx-kernel-not-rotated", "dx"), ("dw-rotated", "dw")
COLLAPSED = ("clip-collapsed", "dx")
ORIGIN = [
    (question_backward, "correlation", [FLIPPED, DX, DW], True),
    (question_backward_clipped, "correlation", [FLIPPED, COLLAPSED, DW], False),
    (question_backward, "convolution", [DX, DW], False),
    (question_backward_clipped, "convolution", [COLLAPSED, DW], False),
    (answer_backward, "correlation", [FLIPPED], False),
    (answer_backward, "convolution", [], False),
]


@pytest.mark.parametrize(("backward", "convention", "expected", "remark"), ORIGIN)
def test_the_third_origin(backward: Any, convention: str, expected: list[tuple[str, str]], remark: bool) -> None:
    report = check.layer(question, backward, op="conv_transpose2d", layout="hw", convention=convention)
    assert [(d.slug, d.argument) for d in report.diagnoses] == expected
    assert not report.unexplained
    assert report.ok == (not expected)
    assert any("Without the rotation in the forward" in text for text in report.remarks) == remark


def test_without_rotating_in_the_forward_the_question_is_right() -> None:
    assert check.layer(full, question_backward, op="conv_transpose2d", layout="hw").ok
