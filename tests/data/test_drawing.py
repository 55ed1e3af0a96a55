"""Pictures of drawings, of any size, ground and noise, are prepared like the digit data sets."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.data import drawing
from rot180.data.drawing import prepared_drawing

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra image)")

STROKES = np.zeros((20, 12), np.uint8)  # an L: a tall stroke with a foot
STROKES[:, :4], STROKES[-4:] = 255, 255


def on_paper(top: int, left: int, height: int, width: int, scale: int = 6) -> np.ndarray:
    """The L, enlarged, dark on light."""
    cells = np.kron(STROKES, np.ones((scale, scale), np.uint8))
    sheet = np.full((height, width), 255, np.uint8)
    sheet[top : top + len(cells), left : left + cells.shape[1]] -= cells
    return sheet


def made(cells: np.ndarray, margin: int = 0, side: int = 28) -> np.ndarray:
    return np.asarray(prepared_drawing(Image.fromarray(cells), side, side, margin))


def outline(cells: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row and column that hold ink."""
    rows, columns = (np.flatnonzero((cells > 127).any(axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_without_a_margin_the_ink_fills_the_frame_in_its_middle() -> None:
    first, last, left, right = outline(made(on_paper(50, 10, 300, 200)))
    assert (first, last) == (0, 27)
    assert left + right == 27
    assert right - left + 1 == pytest.approx(28 * 12 / 20, abs=1)


def test_with_mnists_margin_it_is_20_high_and_its_mass_is_in_the_middle() -> None:
    cells = made(on_paper(50, 10, 300, 200), margin=4).astype(float)
    first, last, left, right = outline(cells)
    assert last - first + 1 == 20
    assert right - left + 1 == 12
    for axis in (0, 1):
        middle = cells.sum(1 - axis) @ (np.arange(28) + 0.5) / cells.sum()
        assert middle == pytest.approx(
            14, abs=0.6
        )  # the foot moves the centre of mass: centred by its outline, it would be off by 2.3
    assert cells.max() == 255
    assert cells.min() == 0


def test_position_size_and_polarity_do_not_matter() -> None:
    want = made(on_paper(30, 30, 180, 150), margin=4).astype(int)
    others = [on_paper(300, 7, 700, 900), on_paper(5, 5, 900, 2000, scale=9), 255 - on_paper(60, 60, 300, 300, scale=3)]
    for cells in others:
        assert np.abs(made(cells, margin=4) - want).mean() < 6


def test_noisy_grey_paper_becomes_black() -> None:
    rng = np.random.default_rng(0)
    clean = on_paper(60, 40, 400, 300)
    noisy = (clean * 0.6 + 40 + rng.normal(0, 8, clean.shape)).clip(0, 255).astype(np.uint8)
    got, want = made(noisy, margin=4), made(clean, margin=4)
    assert outline(got) == outline(want)
    assert np.abs(got.astype(int) - want).mean() < 4


def test_a_thin_line_on_a_large_sheet_is_found() -> None:
    sheet = np.full((900, 1200), 250, np.uint8)
    sheet[300:340, 700] = 20
    first, last, left, right = outline(made(sheet, margin=4))
    assert 18 <= last - first + 1 <= 22
    assert left <= 14 <= right + 1


def test_a_picture_of_the_wanted_size_is_only_inverted() -> None:
    cells = np.random.default_rng(0).integers(0, 100, (28, 28), np.uint8)
    cells[10:14, 10:14] = 200
    np.testing.assert_array_equal(made(cells, margin=4), cells)
    np.testing.assert_array_equal(made(255 - cells), cells)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (40, 40)])
def test_one_colour_gives_an_empty_drawing(size: tuple[int, int]) -> None:
    for level in (0, 90, 255):
        assert not made(np.full(size, level, np.uint8), margin=4).any()


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (2, 3000)])
def test_a_long_thin_drawing_stays_below_the_size_limit(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    cells = np.zeros(size, np.uint8)
    cells[0, :9] = cells[-1, -9:] = cells[:9, 0] = cells[-9:, -1] = 255  # from end to end: a frame of 9 million pixels
    monkeypatch.setattr(drawing, "MAX_PIXELS", 10**4)
    frames: list[int] = []
    zeros = np.zeros
    monkeypatch.setattr(np, "zeros", lambda shape, *rest: frames.append(np.prod(shape)) or zeros(shape, *rest))
    assert made(cells, side=8).shape == (8, 8)
    assert len(frames) == 1
    assert frames[0] <= 10**4 * 1.05
