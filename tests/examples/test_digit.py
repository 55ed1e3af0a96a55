"""examples/digit.png is a held-out image of the digits data set, so it predicts what the README says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rot180.data import digits, read_image

DIGIT = Path(__file__).resolve().parents[2] / "examples" / "digit.png"


def test_the_file_is_the_fifth_test_image() -> None:
    pytest.importorskip("PIL", reason="Pillow is not installed")
    held_out = digits("test")
    assert held_out.labels[4] == 3
    np.testing.assert_allclose(read_image(DIGIT, (1, 8, 8)), held_out.images[4], atol=1 / 255)
