"""Models by name: input and output shapes, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import ShapeError, models, nn


@pytest.mark.parametrize("name", models.names())
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 11), (2, 13, 9), (1, 28, 28), (3, 64, 64)])
def test_a_model_returns_a_score_per_class(name: str, shape: tuple[int, int, int]) -> None:
    model = models.build(name, shape, classes=5)
    scores = model(np.zeros((2, *shape), np.float32))
    assert scores.shape == (2, 5)
    assert scores.dtype == np.float32
    scores.sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model.recipe == models.Recipe(name, shape, 5)


@pytest.mark.parametrize(
    ("name", "weights"),
    [("small", 58_314), ("stages", 10_954), ("resnet20", 272_186), ("lenet", 21_386), ("linear", 650)],
)
def test_the_number_of_weights_for_the_digits(name: str, weights: int) -> None:
    model = models.build(name, (1, 8, 8), 10)
    assert sum(p.data.size for p in model.parameters()) == weights


def test_the_default_model_comes_first() -> None:
    assert models.names()[0] == "small"


@pytest.mark.parametrize(
    ("shape", "name"), [((1, 8, 8), "small"), ((3, 15, 40), "small"), ((1, 16, 16), "stages"), ((3, 64, 64), "stages")]
)
def test_the_default_model_depends_on_the_image_size(shape: tuple[int, int, int], name: str) -> None:
    assert models.default(shape) == name


def test_resnet20_has_the_layers_and_weights_of_the_paper() -> None:
    """20 layers with weights; table 6 of the paper gives 0.27 million weights."""
    model = models.build("resnet20", (3, 32, 32), 10)
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len([m for m in layers if isinstance(m, nn.Linear) or m.kernel_size == (3, 3)]) == 20
    assert sum(p.data.size for p in model.parameters()) == 272_474  # 269,722 and two 1x1 shortcuts with batch norm
    assert model(np.zeros((2, 3, 32, 32), np.float32)).shape == (2, 10)


def test_the_seed_determines_the_initial_weights() -> None:
    def weights(seed: int) -> bytes:
        rot180.manual_seed(seed)
        return b"".join(t.data.tobytes() for t in models.build("lenet", (1, 8, 8), 10).state_dict().values())

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match="build: unknown model 'large'; the models are small, stages, resnet20, lenet, linear"
    ):
        models.build("large", (1, 8, 8), 10)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "message"),
    [
        ("small", (8, 8), 10, r"input_shape is \(8, 8\); three sizes \(C, H, W\) of at least 1 are needed"),
        ("small", (1, 0, 8), 10, r"input_shape is \(1, 0, 8\); three sizes"),
        ("small", (1, 8, 8), 0, "classes is 0; at least 1 is needed"),
        ("small", (1, 8, 3), 10, "'small' needs images of at least 4x4; got 8x3"),
        ("stages", (1, 7, 8), 10, "'stages' needs images of at least 8x8; got 7x8"),
        ("resnet20", (1, 8, 7), 10, "'resnet20' needs images of at least 8x8; got 8x7"),
        ("lenet", (1, 3, 8), 10, "'lenet' needs images of at least 4x4; got 3x8"),
        ("linear", (1, 1 << 20, 1 << 20), 10, "with 10 classes is too large: .* at most 67,108,864"),
        ("linear", (1, 8, 8), 1 << 40, "classes is too large"),
    ],
)
def test_invalid_sizes_raise_an_error(name: str, shape: Any, classes: int, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^build: .*{message}"):
        models.build(name, shape, classes)
