"""`check.layer` on every layer of the gallery as it is: the class or factory and the name of its operation."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from rot180 import check
from rot180.check.report import LayerReport
from tests.class_gallery.gallery import GALLERY, Entry

WRONG = [entry for entry in GALLERY if not entry.right]
NAMED = 0.9  # the share of the mistakes with a name that must be named


def params(entries: Any) -> list[Any]:
    """The entries as parameters of a test; those that need SciPy run with the comparisons only."""
    return [pytest.param(entry, id=entry.name, marks=marks(entry)) for entry in entries]


def marks(entry: Entry) -> list[Any]:
    """The marks of a layer's test."""
    return [pytest.mark.peers] if entry.needs_scipy else []


@cache
def report_on(name: str) -> LayerReport:
    """The report on one layer."""
    entry = next(entry for entry in GALLERY if entry.name == name)
    return check.layer(entry.target, op=entry.checker_op, **entry.said)


def names_in(report: LayerReport) -> set[str]:
    """The mistakes that a report names."""
    return {diagnosis.slug for diagnosis in report.diagnoses}


@pytest.mark.parametrize("entry", params(GALLERY))
def test_right_layers_are_accepted_and_wrong_ones_are_caught(entry: Entry) -> None:
    report = report_on(entry.name)
    assert report.ok is entry.right, report


def test_nine_of_ten_mistakes_are_named() -> None:
    judged = [entry for entry in WRONG if entry.slug is not None and not entry.needs_scipy]
    unnamed = [entry.name for entry in judged if entry.slug not in names_in(report_on(entry.name))]
    assert len(unnamed) <= (1 - NAMED) * len(judged), unnamed
