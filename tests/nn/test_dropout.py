"""Dropout is active in training and inactive in evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import manual_seed, nn


def test_cells_are_dropped_in_training_only() -> None:
    manual_seed(0)
    layer, x = nn.Dropout(0.25), np.ones(4000, np.float32)
    y = layer(x).data
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.03)
    assert not np.array_equal(layer(x).data, y)
    assert np.array_equal(layer.eval()(x).data, x)


def test_p_is_a_probability() -> None:
    with pytest.raises(ValueError, match=r"Dropout: p must lie between 0 and 1; got 1\.5"):
        nn.Dropout(1.5)
    assert repr(nn.Dropout(0.1)) == "Dropout(p=0.1, inplace=False)"
