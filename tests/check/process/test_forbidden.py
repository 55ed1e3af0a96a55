"""The packages that may not be used while code is graded."""

from __future__ import annotations

import fractions
from pathlib import Path

import rot180
from rot180.check.process.forbidden import PACKAGES, hidden_paths


def test_the_files_of_installed_packages_are_hidden() -> None:
    found = list(hidden_paths(["fractions", "no_such_package", "sys", "a.b", ""]))
    assert [path for path in found if path != "/proc"] == [fractions.__file__, fractions.__cached__]


def test_every_folder_of_a_package_is_hidden() -> None:
    found = hidden_paths(["rot180"])  # an editable install has two folders: the sources and the compiled extension
    assert str(Path(rot180.__file__).parent) in found


def test_nothing_is_hidden_if_nothing_is_forbidden() -> None:
    assert list(hidden_paths([])) == []


def test_the_libraries_that_compute_gradients_are_forbidden_and_numpy_is_not() -> None:
    assert {"rot180", "torch", "jax", "tensorflow", "autograd"} <= set(PACKAGES)
    assert not {"numpy", "scipy", "math"} & set(PACKAGES)
