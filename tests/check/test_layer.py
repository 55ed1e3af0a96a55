"""`check.layer` itself: output and warnings."""

import warnings

import numpy as np
import pytest

from rot180.check import layer
from rot180.errors import GradientError


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("wrong", [0, 1, 2, 3])
def test_infinite_results_cause_no_warnings(value, wrong):
    def forward(x, w, b):
        y = x @ w.T + b
        return y * value if wrong == 0 else y

    def backward(dy, x, w, b):
        found = [dy @ w, dy.T @ x, dy.sum(0)]
        return [g * value if wrong == place else g for place, g in enumerate(found, 1)]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not layer(forward, backward, "linear").ok
    assert not caught, [str(w.message) for w in caught]


def test_a_forward_that_is_not_filled_in_is_not_blamed_for_its_layout():
    def conv_forward_naive(x, w, b, conv_param):
        out = None
        return out, (x, w, b)

    with pytest.raises(GradientError, match=r"^check\.layer: conv_forward_naive returned None; is it finished"):
        layer(conv_forward_naive, lambda dout, cache: (None, None, None), op="conv2d")
