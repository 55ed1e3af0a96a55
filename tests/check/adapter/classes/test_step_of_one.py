"""The optimizer that layers get takes steps of 1 and has every method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check.adapter.classes.step_of_one import StepOfOne


def test_a_step_in_place_changes_the_array() -> None:
    w = np.array([3.0])
    assert StepOfOne(in_place=True).update(w, np.array([1.0])) is w and w == [2.0]
    assert StepOfOne().update(w, np.array([1.0])) == [1.0] and w == [2.0]


def test_copies_are_made_by_the_usual_protocol() -> None:
    with pytest.raises(AttributeError, match="__copy__"):
        _ = StepOfOne().__copy__


def test_an_optimiser_has_any_method() -> None:
    step: Any = StepOfOne()
    assert step.getparams() is None and step.step(3.0, 2.0) == 1.0
