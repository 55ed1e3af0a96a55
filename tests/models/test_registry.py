"""Every model by name: the shapes it takes and gives, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import ShapeError, models


@pytest.mark.parametrize("name", models.names())
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 4), (2, 13, 9), (1, 28, 28)])
def test_a_model_gives_a_score_per_class(name: str, shape: tuple[int, int, int]) -> None:
    model = models.build(name, shape, classes=5)
    scores = model(np.zeros((2, *shape), np.float32))
    assert scores.shape == (2, 5)
    assert scores.dtype == np.float32
    scores.sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model.recipe == models.Recipe(name, shape, 5)


@pytest.mark.parametrize(("name", "weights"), [("small", 58_314), ("lenet", 21_386), ("linear", 650)])
def test_the_number_of_weights_on_the_digits(name: str, weights: int) -> None:
    model = models.build(name, (1, 8, 8), 10)
    assert sum(p.data.size for p in model.parameters()) == weights


def test_the_default_model_comes_first() -> None:
    assert models.names()[0] == "small"


def test_initial_weights_come_from_the_seed() -> None:
    def weights(seed: int) -> bytes:
        rot180.manual_seed(seed)
        return b"".join(t.data.tobytes() for t in models.build("lenet", (1, 8, 8), 10).state_dict().values())

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="build: there is no model 'large'; there are small, lenet, linear"):
        models.build("large", (1, 8, 8), 10)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "message"),
    [
        ("small", (8, 8), 10, r"input_shape is \(8, 8\); three sizes \(C, H, W\) of at least 1 are needed"),
        ("small", (1, 0, 8), 10, r"input_shape is \(1, 0, 8\); three sizes"),
        ("small", (1, 8, 8), 0, "classes is 0; at least 1 is needed"),
        ("small", (1, 8, 3), 10, "'small' halves an image twice; 8x3 is less than 4x4"),
        ("lenet", (1, 3, 8), 10, "'lenet' halves an image twice; 3x8 is less than 4x4"),
        ("linear", (1, 1 << 20, 1 << 20), 10, "with 10 classes is too large: .* at most 67,108,864"),
        ("linear", (1, 8, 8), 1 << 40, "classes is too large"),
    ],
)
def test_impossible_sizes_are_refused(name: str, shape: Any, classes: int, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^build: .*{message}"):
        models.build(name, shape, classes)
