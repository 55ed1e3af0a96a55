"""The gallery of operations other than convolutions: right ones get no diagnosis, and each mistake gets its slug.

`make test` runs every mistake once for each operation, with one seed; `make test-all` runs all with several seeds."""

from __future__ import annotations

import pytest

from rot180.check import layer
from tests.mistakes.operations_right import RIGHT
from tests.mistakes.operations_wrong import WRONG

NOTES = {
    "relu, 1 at 0": {("at-a-kink", "dx")},
    "relu of a matrix": {("at-a-kink", "dx")},
    "leaky relu, slope 0.2 in the code": {("at-a-kink", "dx")},
    "max pool by reshape": {("at-a-kink", "dx")},
    "max pool to tied cells": {("at-a-kink", "dx")},
    "max pool to tied cells of windows": {("at-a-kink", "dx")},
    "max pool of images, channels last": {("at-a-kink", "dx")},
    "sigmoid in float32": {("low-precision", "y"), ("low-precision", "dx")},
}


def first_of_each_kind():
    """The wrong entries with one seed; all but the first of each operation and slug are slow."""
    kinds = set()
    for entry in WRONG:
        kind = (entry[0], entry[5])
        marks = [pytest.mark.slow] if kind in kinds else []
        kinds.add(kind)
        yield pytest.param(*entry, range(1), id=f"{entry[0]}, {entry[2]}", marks=marks)


def more_seeds(entries, seeds, name):
    return [pytest.param(*entry, seeds, id=f"{name(entry)}, more seeds", marks=pytest.mark.slow) for entry in entries]


@pytest.mark.parametrize(
    ("name", "forward", "backward", "op", "settings", "seeds"),
    [
        *[pytest.param(*entry, range(1), id=entry[0]) for entry in RIGHT],
        *more_seeds(RIGHT, range(1, 30), lambda entry: entry[0]),
    ],
)
def test_right_operation_gets_no_diagnosis(name, forward, backward, op, settings, seeds):
    for seed in seeds:
        report = layer(forward, backward, op, seed=seed, **settings)
        assert report.ok, report.render()
        assert all(stage.passed for stage in report.stages), report.render()
        notes = {(note.slug, note.argument) for note in report.notes}
        assert notes == NOTES.get(name, set()), report.render()


@pytest.mark.parametrize(
    ("slug", "argument", "name", "forward", "backward", "op", "settings", "seeds"),
    [*first_of_each_kind(), *more_seeds(WRONG, range(1, 5), lambda entry: f"{entry[0]}, {entry[2]}")],
)
def test_mistake_gets_its_slug(slug, argument, name, forward, backward, op, settings, seeds):
    for seed in seeds:
        made = backward().backward if isinstance(backward, type) else backward
        report = layer(forward, made, op, seed=seed, **settings)
        assert [(d.slug, d.argument) for d in report.diagnoses][:1] == [(slug, argument)], report.render()
        assert not report.unexplained, report.render()
