"""The figures of rot180 alone."""

from __future__ import annotations

import pytest

from rot180.bench import layers, measurements
from rot180.bench.shapes import Layer

SMALL = Layer("small", False, 1, 2, 6, 2, 3, padding=1)


def test_the_numbers_of_a_layer_are_consistent() -> None:
    found = measurements.layer_timing(SMALL, 1, 1e-4)
    assert found.name == "small" and found.algorithms == layers.algorithms(SMALL)
    work = 2e-6 * SMALL.multiply_adds  # 10^9 operations in a millisecond's thousandth
    assert found.forward_gflops == pytest.approx(work / found.forward_ms)
    assert found.backward_gflops == pytest.approx(2 * work / found.backward_ms)


def test_the_numbers_of_a_step_are_consistent() -> None:
    found = measurements.step_timing("toy", 1, 1e-4)
    assert found.name == "toy"
    assert found.per_second == pytest.approx(1e3 / found.ms)
