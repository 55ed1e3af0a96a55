"""Affine maps and rotations: exact cases cell by cell, the others compared with PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.data import Affine, Rotate

RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 2, 6, 8)).astype(np.float32)


def numbers(**settings: float) -> np.ndarray:
    row = [settings.get(name, 0.0) for name in ("angle", "scale", "slant", "down", "right")]
    return np.tile(row, (5, 1))


def test_no_change_gives_the_same_image() -> None:
    got = Affine()(IMAGES, numbers())
    assert got.dtype == np.float32
    assert got.flags.c_contiguous
    np.testing.assert_allclose(got, IMAGES, atol=1e-6)


def test_a_shift_by_whole_cells_moves_cells_and_adds_zeros() -> None:
    got = Affine(shift=1)(IMAGES, numbers(down=1 / 3, right=-0.25))  # 1 cell of 6 / 2, 1 cell of 8 / 2
    want = np.zeros_like(IMAGES)
    want[:, :, :-1, 1:] = IMAGES[:, :, 1:, :-1]
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_a_right_angle_rotates_the_cells_anticlockwise() -> None:
    square = IMAGES[..., :6]
    got = Affine(rotation=np.pi / 2)(square, numbers(angle=1))
    np.testing.assert_allclose(got, np.rot90(square, 1, (2, 3)), atol=1e-6)


def test_a_shear_shifts_rows_and_a_scale_shrinks() -> None:
    image = np.zeros((1, 1, 9, 9), np.float32)
    image[..., 4] = 1
    slanted = Affine(slant=1)(image, numbers(slant=0.5)[:1])[0, 0]
    assert slanted.argmax(1)[[0, 4, 8]].tolist() == [6, 4, 2]
    full = Affine(scale=1)(np.ones((1, 1, 8, 8), np.float32), numbers(scale=1)[:1])[0, 0]
    assert full[2:6, 2:6].min() == 1  # half the side
    assert full[[0, -1]].max() == 0


def test_far_away_is_zero() -> None:
    assert Affine(shift=9)(IMAGES, numbers(down=1, right=-1)).max() == 0


def test_rotation_keeps_the_centre_and_right_angles_are_exact() -> None:
    square = IMAGES[..., :6]
    for draws, turns in ((0.0, 0), (0.25, 1), (-0.5, 2), (0.75, 3)):
        got = Rotate(360)(square, np.full((5, 1), draws))
        np.testing.assert_allclose(got, np.rot90(square, turns, (2, 3)), atol=1e-5)


def test_a_rotation_keeps_distances_in_a_rectangular_image() -> None:
    image = np.zeros((1, 1, 5, 9))
    image[0, 0, 2, 2:7] = 1  # a line of five cells
    got = Rotate(90)(image, np.ones((1, 1)))
    want = np.zeros_like(image)
    want[0, 0, :, 4] = 1  # upright, and as long
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_rotate_equals_affine_with_rotation_only() -> None:
    draws = RNG.uniform(-1, 1, (5, 1))
    affine = Affine(rotation=np.radians(30), scale=0, slant=0, shift=0)
    got = Rotate(30)(IMAGES, draws)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, affine(IMAGES, np.pad(draws, ((0, 0), (0, 4)))))


def test_angles_are_uniform_up_to_the_largest() -> None:
    """The brightest cell of a line from the centre to the right shows the angle."""
    image = np.zeros((1, 1, 41, 41), np.float32)
    image[..., 20, 40] = 1
    turned = Rotate(45)(np.repeat(image, 500, 0), np.random.default_rng(0).uniform(-1, 1, (500, 1)))
    row, column = np.unravel_index(turned.reshape(500, -1).argmax(1), (41, 41))
    degrees = np.degrees(np.arctan2(20 - row, column - 20))
    assert abs(degrees).max() < 47
    assert np.histogram(degrees, 4, (-45, 45))[0].min() > 90  # 125 on average


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_settings_are_finite(value: float) -> None:
    with pytest.raises(ValueError, match=f"Affine: slant must be a finite number; got {value}"):
        Affine(slant=value)
    with pytest.raises(ValueError, match=f"Rotate: degrees must be a finite number; got {value}"):
        Rotate(value)


@pytest.mark.peers
def test_torch_interpolates_the_same() -> None:
    import torch

    draws = RNG.uniform(-1, 1, (5, 5))
    angle, scale, slant, down, right = (draws * [0.2, 0.1, 0.15, 0.1, 0.1]).T
    theta = np.zeros((5, 2, 3))
    # PyTorch's grid spans -1 to 1 on both axes, so a turn that is rigid in cells takes the sides into account.
    theta[:, 0] = np.stack([(1 + scale) * np.cos(angle), (slant - np.sin(angle)) * 6 / 8, right], 1)
    theta[:, 1] = np.stack([np.sin(angle) * 8 / 6, (1 + scale) * np.cos(angle), down], 1)
    x = torch.tensor(IMAGES, dtype=torch.float64)
    grid = torch.nn.functional.affine_grid(torch.tensor(theta), list(x.shape), align_corners=False)
    want = torch.nn.functional.grid_sample(x, grid, align_corners=False).numpy()
    np.testing.assert_allclose(Affine()(IMAGES.astype(np.float64), draws), want, atol=1e-12)
