"""The UCI handwritten digits, which come with the package: 1,797 real 8x8 images of 10 classes by 13 writers.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
doi:10.24432/C50P49, licence CC BY 4.0; see `DIGITS.md` in this folder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..random import generator_for
from .dataset import LabelledImages

SPLIT_SEED = 0
TEST_SIZE = 359  # a fifth of 1,797


def digits(split: str = "train", seed: int = SPLIT_SEED) -> LabelledImages:
    """Load the digits: 1,438 training images, or the 359 test images, a random fifth.

    Args:
        split: "train" or "test".
        seed: selects the test images. The default is fixed, so that accuracies can be compared.

    Returns images float32 (N, 1, 8, 8), light ink on a dark background, 0 to 1, and labels int64 (N,), 0 to 9. The
    training and the test images are by the same writers. A network is less accurate on images by other writers.
    """
    if split not in ("train", "test"):
        raise ValueError(f"digits: split must be 'train' or 'test'; got {split!r}")
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    order = generator_for(seed).permutation(len(x))
    indices = order[:TEST_SIZE] if split == "test" else order[TEST_SIZE:]
    images = x[indices, None].astype(np.float32) / 16  # (N, 1, 8, 8); the cells are 0 to 16
    about = {"name": "digits", "split": split, "split_seed": seed, "held_out": TEST_SIZE, "of": len(x), "ink": True}
    return LabelledImages(images, y[indices].astype(np.int64), "0123456789", about)
