"""The gallery of operations that are no convolutions: the right ones get no diagnosis, each fault gets its slug."""

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


@pytest.mark.parametrize(("name", "forward", "backward", "op", "settings"), RIGHT, ids=[entry[0] for entry in RIGHT])
def test_right_ones_are_not_accused(name, forward, backward, op, settings):
    for seed in range(30):
        report = layer(forward, backward, op, seed=seed, **settings)
        assert report.ok, report.render()
        assert all(stage.passed for stage in report.stages), report.render()
        notes = {(note.slug, note.argument) for note in report.notes}
        assert notes == NOTES.get(name, set()), report.render()


@pytest.mark.parametrize(
    ("slug", "argument", "name", "forward", "backward", "op", "settings"),
    WRONG,
    ids=[f"{entry[0]}, {entry[2]}" for entry in WRONG],
)
def test_faults_get_their_slug(slug, argument, name, forward, backward, op, settings):
    for seed in range(5):
        made = backward().backward if isinstance(backward, type) else backward
        report = layer(forward, made, op, seed=seed, **settings)
        assert [(d.slug, d.argument) for d in report.diagnoses][:1] == [(slug, argument)], report.render()
        assert not report.unexplained, report.render()
