"""The checker on the gallery: every mistake is named, the right one first, and right layers get no diagnosis.

`make test` runs every mistake once for each operation; `make test-all` runs all entries and more settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from rot180 import check, explain
from rot180.check import operations
from rot180.check.adapter.adapt import adapt
from rot180.check.judging.backward import judge_backward
from rot180.check.judging.forward import judge_forward
from rot180.check.operations import Definition
from rot180.check.operations.case import Case
from rot180.check.rendering.explain import explain as explain_verdicts
from rot180.check.report import Diagnosis
from rot180.check.running.run import run as run_problems
from rot180.errors import GradientError

from .entry import Entry
from .gallery import ENTRIES, RIGHT, WRONG

CONVOLUTIONAL = """
    forward-flipped dx-kernel-not-rotated dw-rotated dw-transposed reshaped-not-transposed dx-padding-kept dx-shifted
    stride-ignored border-dropped stride-dilation-swapped overlap-overwritten last-sample-only loop-ends-early
    db-not-summed scaled
    sign-inverted clip-collapsed clipped output-padding-as-zeros transposed-padding-added channels-swapped wrong-channel
    groups-mixed weights-updated-first input-mutated gradients-accumulated integer-truncated
""".split()


def params(entries: list[Entry], *, only_first: bool = False) -> list[Any]:
    """Test cases for the entries; with `only_first`, all but the first of each operation and mistake are slow."""
    kinds = set()
    cases = []
    for entry in entries:
        kind = (entry.op, *entry.slugs[:1])
        marks = [pytest.mark.peers] if entry.peers else [pytest.mark.slow] if only_first and kind in kinds else []
        if not entry.peers:
            kinds.add(kind)
        cases.append(pytest.param(entry, id=entry.name, marks=marks))
    return cases


def run(entry: Entry) -> check.LayerReport:
    return check.layer(entry.forward, entry.backward, op=entry.op, **entry.check)


@pytest.mark.parametrize("entry", params(WRONG, only_first=True))
def test_wrong_layer_is_named(entry: Entry) -> None:
    report = run(entry)
    found = [d.slug for d in report.diagnoses]
    assert not report.ok
    assert found[:1] == [entry.slugs[0]], str(report)
    assert set(found) == set(entry.slugs), str(report)
    assert not report.unexplained, str(report)
    for diagnosis in report.diagnoses:
        assert_explained(diagnosis)


def assert_explained(diagnosis: Diagnosis) -> None:
    """The explainer computes the wrong cell of the smallest case as the report says it should be."""
    if diagnosis.example is None:
        return
    example = diagnosis.example
    trace = explain.trace(example.op, **example.settings, **example.arrays)
    name, index = example.cell.removesuffix("]").split("[")
    assert explain.text(trace, example.cell)
    right = trace.arrays[name][tuple(map(int, index.split(",")))]
    formula = re.search(r"(\S+), not \S+$", diagnosis.formula)
    assert formula is None or float(formula.group(1)) == pytest.approx(right, rel=1e-5), diagnosis.render()


@pytest.mark.slow
def test_explainer_shows_most_mistakes_of_plain_convolutions() -> None:
    reports = [run(e) for e in WRONG if e.op == "conv2d" and e.check.get("convention") is None and not e.peers][:8]
    found = [d for report in reports for d in report.diagnoses if d.argument in ("dx", "dw")]
    assert sum(d.example is not None for d in found) >= len(found) // 2 > 2


@pytest.mark.parametrize("entry", params(RIGHT))
def test_right_layer_gets_no_diagnosis(entry: Entry) -> None:
    report = run(entry)
    assert report.ok, str(report)
    assert not report.diagnoses
    assert not report.unexplained
    assert all(stage.passed for stage in report.stages), str(report)


def test_gallery_has_every_mistake_of_convolutions() -> None:
    assert {e.slugs[0] for e in WRONG} == set(CONVOLUTIONAL)


def test_size_of_the_gallery() -> None:
    assert len(RIGHT) >= 18
    assert len(WRONG) >= 32
    assert len({e.name for e in ENTRIES}) == len(ENTRIES)


# ---- right layers on many settings ----


@dataclass(frozen=True)
class OneCase:
    """A definition with a single case to try."""

    definition: Definition
    case: Case

    def __getattr__(self, name: str) -> Any:
        return getattr(self.definition, name)

    def cases(self, *_: Any) -> Iterator[Case]:
        yield self.case

    def edge_cases(self, *_: Any) -> Iterator[Case]:
        yield from ()


def random_case(entry: Entry, rng: np.random.Generator) -> Case:
    """Draw sizes and settings that are possible."""
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
        settings = dict(case.settings)
        code = adapt(entry.forward, entry.backward, definition, settings, layout=layout, returns=returns)
        try:
            runs = run_problems(code, one, case.convention, int(rng.integers(1 << 30)))
            forward = judge_forward(runs)
            report = explain_verdicts(forward, judge_backward(runs, forward))
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


# ---- the third origin: a question about the backward of a transposed convolution, and its answer ----


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


def test_question_is_right_without_the_rotation_in_the_forward() -> None:
    assert check.layer(full, question_backward, op="conv_transpose2d", layout="hw").ok
