"""Parameters are found by their names, positions and shapes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rot180.check.adapter.classes.parameter_places import parameter_places

PARAMETERS = {"w": np.zeros((5, 3)), "b": np.zeros(5)}


@pytest.mark.parametrize(
    ("attributes", "places"),
    [
        ({"b": np.zeros(5), "W": np.zeros((3, 5))}, {"w": ("w",), "b": ("b",)}),
        ({"params": [np.zeros((5, 3)), np.zeros((5, 1))]}, {"w": ("params",), "b": ("params",)}),
        (
            {"bias": np.zeros(5), "dmatrix": np.zeros((5, 3)), "matrix": np.zeros((5, 3))},
            {"w": ("matrix",), "b": ("bias",)},
        ),
        ({"grads": {"w": np.zeros((5, 3))}, "w": np.zeros((5, 3))}, {"w": ("w",)}),
        ({"w": np.zeros((4, 3))}, {}),
    ],
)
def test_places_by_argument(attributes: dict[str, Any], places: dict[str, tuple[str, ...]]) -> None:
    found = parameter_places(SimpleNamespace(**attributes), PARAMETERS)
    assert {name: place.names for name, (place, _) in found.items()} == places


def test_the_arrangement_is_that_of_the_shape() -> None:
    place, arranged = parameter_places(SimpleNamespace(W=np.zeros((3, 5))), PARAMETERS)["w"]
    assert place.names == ("w",) and arranged.order == (1, 0)
