"""Random changes of images: known maps, and numbers that depend on (seed, epoch, index) alone."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.data import Affine, Augmented, TensorDataset

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


def test_a_move_by_whole_cells_moves_the_cells_and_brings_in_zeros() -> None:
    got = Affine(shift=1)(IMAGES, numbers(down=1 / 3, right=-0.25))  # 1 cell of 6 / 2, 1 cell of 8 / 2
    want = np.zeros_like(IMAGES)
    want[:, :, :-1, 1:] = IMAGES[:, :, 1:, :-1]
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_a_turn_by_a_right_angle_turns_the_cells_anticlockwise() -> None:
    square = IMAGES[..., :6]
    got = Affine(rotation=np.pi / 2)(square, numbers(angle=1))
    np.testing.assert_allclose(got, np.rot90(square, 1, (2, 3)), atol=1e-6)


def test_a_slant_moves_rows_against_each_other_and_a_scale_shrinks() -> None:
    image = np.zeros((1, 1, 9, 9), np.float32)
    image[..., 4] = 1
    slanted = Affine(slant=1)(image, numbers(slant=0.5)[:1])[0, 0]
    assert slanted.argmax(1)[[0, 4, 8]].tolist() == [6, 4, 2]
    full = Affine(scale=1)(np.ones((1, 1, 8, 8), np.float32), numbers(scale=1)[:1])[0, 0]
    assert full[2:6, 2:6].min() == 1  # half the side
    assert full[[0, -1]].max() == 0


def test_far_away_is_zero() -> None:
    assert Affine(shift=9)(IMAGES, numbers(down=1, right=-1)).max() == 0


@pytest.mark.peers
def test_torch_interpolates_the_same() -> None:
    import torch

    chance = RNG.uniform(-1, 1, (5, 5))
    angle, scale, slant, down, right = (chance * [0.2, 0.1, 0.15, 0.1, 0.1]).T
    theta = np.zeros((5, 2, 3))
    theta[:, 0] = np.stack([(1 + scale) * np.cos(angle), slant - np.sin(angle), right], 1)
    theta[:, 1] = np.stack([np.sin(angle), (1 + scale) * np.cos(angle), down], 1)
    x = torch.tensor(IMAGES, dtype=torch.float64)
    grid = torch.nn.functional.affine_grid(torch.tensor(theta), list(x.shape), align_corners=False)
    want = torch.nn.functional.grid_sample(x, grid, align_corners=False).numpy()
    np.testing.assert_allclose(Affine()(IMAGES.astype(np.float64), chance), want, atol=1e-12)


def test_the_changes_depend_on_seed_epoch_and_sample_alone() -> None:
    def images(seed: int, epoch: int, order: list[int]) -> np.ndarray:
        data = Augmented(TensorDataset(IMAGES, np.arange(5)), Affine(), seed)
        data.set_epoch(epoch)
        got, labels = data.batch(np.array(order))
        assert labels.tolist() == order
        return np.asarray(got)

    first = images(1, 2, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(images(1, 2, [3, 0]), first[[3, 0]])
    for other in (images(1, 3, [0, 1, 2, 3, 4]), images(2, 2, [0, 1, 2, 3, 4])):
        assert not np.allclose(other, first)


def test_a_single_sample_is_changed_as_in_its_batch() -> None:
    data = Augmented(TensorDataset(IMAGES, np.arange(5)), Affine(), 0)
    image, label = data[3]
    assert (len(data), int(label)) == (5, 3)
    np.testing.assert_array_equal(image, data.batch(np.arange(5))[0][3])
