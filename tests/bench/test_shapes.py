"""The layers that are measured: their sizes are those that the ops have."""

from __future__ import annotations

import pytest

from rot180.bench import layers, shapes
from rot180.bench.shapes import Layer


def test_names_and_geometries_are_unique() -> None:
    every = shapes.all_layers()
    assert len({layer.name for layer in every}) == len({layer[1:] for layer in every}) == len(every) == 79


@pytest.mark.parametrize(
    ("layer", "result", "multiply_adds"),
    [
        (Layer("", False, 2, 3, 8, 5, 3, stride=2, padding=1), (2, 5, 4, 4), 2 * 5 * 16 * 3 * 9),
        (Layer("", True, 2, 3, 4, 5, 4, stride=2, padding=1), (2, 5, 8, 8), 2 * 3 * 16 * 5 * 16),
        (Layer("", False, 1, 6, 5, 6, 3, dilation=2, groups=6), (1, 6, 1, 1), 6 * 9),
    ],
)
def test_sizes_and_work(layer: Layer, result: tuple[int, ...], multiply_adds: int) -> None:
    assert layer.result_shape == result == layers.forward_backward(layer)[0]().shape
    assert layer.multiply_adds == multiply_adds


@pytest.mark.parametrize(
    ("name", "texts", "found"),
    [
        ("LeNet-5", None, True),
        ("LeNet-5", [], True),
        ("LeNet-5", ["lenet"], True),
        ("MobileNetV2 3-32", ["lenet"], False),  # not inside a word
        ("convT 128-64 16x16", ["vgg", "64 16"], True),
        ("convT 128-64 16x16", ["(", "8"], False),
    ],
)
def test_a_name_matches_by_the_start_of_a_word(name: str, texts: list[str] | None, found: bool) -> None:
    assert shapes.matches(name, texts) is found
