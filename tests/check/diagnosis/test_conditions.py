"""The condition under which an array is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.diagnosis.conditions import condition_of, condition_of_edges
from rot180.check.diagnosis.evidence import Evidence
from rot180.check.diagnosis.search import find_mistakes
from rot180.check.diagnosis.texts import structure

CONV = operations.find("conv2d")
OPEN = ("stride", "padding", "dilation", "groups")
CASES = [*CONV.cases({}, OPEN, "correlation"), *CONV.edge_cases({}, OPEN, "correlation")]


def evidences(is_wrong: Callable[[Any], bool]) -> list[Evidence]:
    """Evidence on all cases; dx is wrong on some."""
    found = []
    for number, case in enumerate(CASES):
        problem = CONV.problem(case, number, 1.0)
        expected = CONV.gradients(problem.dy, problem.arrays, case)
        actual = {**expected, "x": expected["x"] + is_wrong(case)}
        found.append(Evidence(CONV, problem, actual, expected, case, CONV.window(case)))
    return found


def most(setting: Any) -> int:
    return max(setting) if isinstance(setting, tuple) else setting


@pytest.mark.parametrize(
    ("is_wrong", "condition"),
    [
        (lambda case: most(case.settings.get("padding", 0)) > 0, "padding is not 0"),
        (lambda case: most(case.settings.get("stride", 1)) > 1, "stride is not 1"),
        (lambda case: case.settings.get("groups", 1) > 2, "groups is larger than 2"),
        (lambda case: case.shapes["x"][2] != case.shapes["x"][3], "the images are not square"),
        (lambda case: case.shapes["w"][2] != case.shapes["w"][3], "the kernel is not square"),
        (lambda case: case.shapes["x"][0] == 1, "there is one sample"),
        (lambda case: case.shapes["x"][0] > 1, "there is more than one sample"),
        (lambda case: 1 in case.shapes["w"][2:], "the kernel has an axis of size 1"),
        (lambda case: sum(case.shapes["x"]) % 3 == 0, ""),
        (lambda case: True, ""),
    ],
)
def test_condition(is_wrong: Callable[[Any], bool], condition: str) -> None:
    assert condition_of(evidences(is_wrong), "x") == condition


def test_one_wrong_problem_may_be_chance() -> None:
    assert condition_of(evidences(lambda case: case is CASES[-1]), "x") == ""
    assert np.isfinite(evidences(lambda case: False)[0].actual["x"]).all()


def test_error_on_images_that_are_not_square_is_named() -> None:
    found = find_mistakes(evidences(lambda case: case.shapes["x"][2] != case.shapes["x"][3]), "x")
    assert [(mistake.slug, variant) for explanation in found for mistake, variant in explanation.parts] == [
        ("height-width-mixed", "Wrong exactly where the images are not square")
    ]
    assert not find_mistakes(evidences(lambda case: case.shapes["x"][0] == 1), "x")


def test_condition_is_part_of_the_text() -> None:
    one = evidences(lambda case: True)[0]
    assert "The error occurs exactly where padding is not 0." in structure(one, "x", "padding is not 0")
    assert "exactly" not in structure(one, "x")


@pytest.mark.parametrize(
    ("is_wrong", "condition"),
    [
        (lambda case: case.shapes["w"][2:] == (1, 1), "the kernel has one cell"),
        (lambda case: min(case.shapes["w"][2:]) >= 5, "the kernel has at least 5 cells per axis"),
        (lambda case: case.shapes["x"][0] >= 4, "there are at least 4 samples"),
        (lambda case: case.dtype == "float32", "the arrays are float32"),
        (lambda case: case.factor > 1, "the numbers are large"),
        (lambda case: CONV.y_shape(case)[2:] == (1, 1), "there is one output position"),
        (lambda case: most(case.settings.get("padding", 0)) > 1, "padding is larger than 1"),
        (
            lambda case: case.shapes["w"][2:] == (1, 1) and most(case.settings.get("stride", 1)) > 1,
            "stride is not 1 and the kernel has one cell",
        ),
        (lambda case: sum(case.shapes["x"]) % 3 == 0, ""),
    ],
)
def test_condition_of_edges(is_wrong: Callable[[Any], bool], condition: str) -> None:
    found = evidences(is_wrong)
    wrong = [e for e in found if e.wrong("x")]
    assert condition_of_edges(wrong, [e for e in found if not e.wrong("x")]) == condition
