"""The axes of the report's curves, the sizes of its pictures and the rounding of its percentages."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rot180.train.report.markup import evenly_spaced, file_name, name, percent
from rot180.train.report.pictures import Curve, Pictures, pixel_width, shrink


def labels(svg: str) -> list[str]:
    """The texts of a chart: the tick labels of the epochs and of the values."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def accuracy_labels(values: list[float], *, log_error: bool) -> list[str]:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")
    curve = Curve(range(1, len(values) + 1), values, "training")
    svg = Pictures().accuracy_curves("Accuracy", [curve], log_error=log_error)
    return [label for label in labels(svg) if label.endswith("%")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.27, 0.60, 0.87], ["20%", "40%", "60%", "80%", "100%"]),
        ([0.991, 0.9925, 0.9925], ["94%", "96%", "98%", "100%"]),  # a small difference is not blown up
        ([1.0, 1.0], ["94%", "96%", "98%", "100%"]),
        ([0.0, 0.0], ["0%", "20%", "40%", "60%", "80%", "100%"]),
    ],
)
def test_a_linear_accuracy_axis_has_round_ticks_up_to_100_percent(values: list[float], expected: list[str]) -> None:
    assert accuracy_labels(values, log_error=False) == expected


def test_an_error_axis_separates_accuracies_close_to_100_percent() -> None:
    shown = accuracy_labels([0.45, 0.9, 0.98, 0.992, 0.998], log_error=True)
    assert {"50%", "90%", "99%"} <= set(shown)
    assert "100%" not in shown
    assert "100%" in accuracy_labels([0.45, 0.9, 0.98, 1.0], log_error=True)


def test_equal_error_ratios_have_equal_heights() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")
    curve = Curve([1, 2, 3, 4], [0.0, 0.9, 0.99, 0.999], "training")
    svg = Pictures().accuracy_curves("Accuracy", [curve], log_error=True)
    (path,) = [d for d in re.findall(r'<path d="([^"]*)"[^>]*--orange', svg) if d.count("L") == 3]
    y = np.array([float(number) for number in re.findall(r"[ML] \S+ (\S+)", path)])
    np.testing.assert_allclose(np.diff(y), [y[1] - y[0]] * 3, rtol=1e-4)


def test_percentages_below_one_are_not_rounded_up_to_100() -> None:
    assert (percent(1.0), percent(0.9996), percent(0.5), percent(None)) == ("100.0%", "99.96%", "50.0%", "–")


@pytest.mark.parametrize(("size", "width"), [(8, 112), (28, 112), (32, 128), (64, 128), (200, None)])
def test_small_images_are_enlarged_by_a_whole_factor(size: int, width: int | None) -> None:
    style = pixel_width(np.zeros((3, size, size)))
    assert style == ("" if width is None else f' style="width:{width}px"')


def test_shrinking_averages_blocks() -> None:
    image = np.arange(36.0).reshape(1, 4, 9)
    np.testing.assert_array_equal(shrink(image, 3), image[:, :3, :9].reshape(1, 1, 3, 3, 3).mean((2, 4)))
    assert shrink(image, 9) is not image and shrink(image, 9).shape == (1, 4, 9)


def test_long_names_are_cut_at_the_end_and_long_file_names_at_the_beginning() -> None:
    assert "x…<" in name("x" * 100) and "…y" in file_name("y" * 100)
    assert file_name("a/<b>.png") == "<bdi>a/&lt;b&gt;.png</bdi>"
    assert evenly_spaced(range(101), 3) == [0, 50, 100]
