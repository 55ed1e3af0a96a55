"""Padding and rotating, the contractions, the tape and differences give the same gradients, and the network learns."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import Tensor, check
from tests.examples.programs import load

net = load("two_layer_cnn")


def example(seed: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((1, 1, 4, 4)), np.array([0.3]), net.start(seed)


def test_the_sizes_are_the_texts() -> None:
    image, _, weights = example(0)
    shapes = [a.shape for a in net.forward(image, *weights)]
    assert shapes == [(1, 1, 3, 3), (1, 1, 2, 2), (1, 1, 2, 2), (1, 1)]


@pytest.mark.parametrize(
    "way", [net.gradients_of_the_text, net.gradients_of_the_contractions, net.gradients_of_the_tape]
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_way_agrees_with_differences(way: object, seed: int) -> None:
    image, y, weights = example(seed)
    numerical = net.gradients_by_differences(image, y, *weights)
    for found, expected in zip(way(image, y, *weights), numerical, strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-10)


def test_the_texts_gradients_are_the_contractions_to_rounding() -> None:
    image, y, weights = example(3)
    text, ours = (way(image, y, *weights) for way in (net.gradients_of_the_text, net.gradients_of_the_contractions))
    for a, b in zip(text, ours, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


def test_the_checker_agrees() -> None:
    image, y, weights = example(4)
    check.assert_gradients(lambda *w: net.loss(image, y, *w), *map(Tensor, weights))


def test_the_images_are_block_averages_of_zeros_and_ones() -> None:
    data = net.digits("train")
    images, labels = net.zeros_and_ones("train")
    assert set(labels) == {0.0, 1.0}
    first = int(np.flatnonzero(data.labels <= 1)[0])
    assert labels[0] == data.labels[first]
    assert images[0, 0, 1, 2] == pytest.approx(data.images[first, 0, 2:4, 4:6].mean(), abs=1e-7)


def test_it_trains() -> None:
    images, labels = net.zeros_and_ones("train")
    before = net.loss(images, labels, *net.start())
    weights = net.train(net.start(), images, labels, 5)
    assert net.loss(images, labels, *weights) < 0.3 * before
    assert net.accuracy(weights, *net.zeros_and_ones("test")) > 0.85


def test_the_program_prints_all_twelve_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    images, labels = net.zeros_and_ones("train")
    net.show_gradients(images[1:2], labels[1:2], net.start())
    lines = capsys.readouterr().out.splitlines()
    gradients = [line.split("]")[1].split() for line in lines if line.startswith("dW")]
    assert len(gradients) == 12
    assert all(len(columns) == 4 and len(set(columns)) <= 2 for columns in gradients)
