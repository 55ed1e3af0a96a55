"""The battery beside PyTorch itself: first order, and second order through PyTorch's double backward."""

from __future__ import annotations

import numpy as np
import pytest

import rot180
from rot180 import Tensor

from .case import Case, is_float
from .recorded import HOW_TO_RECORD, not_recorded
from .registry import CASES

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")]
WITH_PEER = [case for case in CASES if case.peer is not None]


def has_third_derivative(case: Case) -> bool:
    """PyTorch differentiates the gradients of a transposed convolution once, but not with an output_padding."""
    return not (case.op.endswith("_backward") and "output_padding" in case.settings)


def assert_close(found: list[np.ndarray], expected: list[np.ndarray], tolerance: float = 1e-11) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=0.1 * tolerance * (1 + np.abs(b).max(initial=0.0)))


def test_every_row_with_a_counterpart_is_recorded() -> None:
    assert not_recorded() == [], HOW_TO_RECORD


@pytest.mark.parametrize("case", WITH_PEER, ids=lambda case: case.id)
def test_first_order(case: Case) -> None:
    from . import peers

    outputs, grads = peers.run(case, case.make())
    found, found_grads = case.run(case.make())
    assert_close([*found, *found_grads], [*outputs, *grads])


@pytest.mark.parametrize("case", [c for c in WITH_PEER if has_third_derivative(c)], ids=lambda case: case.id)
def test_second_order(case: Case) -> None:
    from . import peers

    _, expected = peers.run(case, case.make(), order=2)
    shifted = case.op in ("binary_cross_entropy", "BCELoss")  # PyTorch adds 1e-12 to the denominators there
    assert_close(second(case), expected, 1e-8 if shifted else 1e-11)


def second(case: Case) -> list[np.ndarray]:
    """The gradients of <gradients, w> with respect to the inputs and the cotangents."""
    from . import peers

    leaves = [Tensor(a, requires_grad=is_float(a)) for a in case.make()]
    outputs = case.call(leaves)
    v = [Tensor(w, requires_grad=True) for w in case.cotangents([y.data for y in outputs])]
    targets = [leaf for leaf in leaves if leaf.requires_grad]
    tops = [y for y in outputs if is_float(y.data)]
    tops, ws = zip(*[(y, w) for y, w in zip(tops, v, strict=True) if y.requires_grad], strict=True)
    firsts = rot180.grad(tops, targets, ws, create_graph=True, allow_unused=True)
    arrays = [np.zeros(x.shape) if g is None else g.data for g, x in zip(firsts, targets, strict=True)]
    weights = peers.second_weights(case, arrays)
    pairs = [(g, w) for g, w in zip(firsts, weights, strict=True) if g is not None and g.requires_grad]
    targets = [*targets, *v]
    if not pairs:
        return [np.zeros(x.shape) for x in targets]
    found = rot180.grad([g for g, _ in pairs], targets, [w for _, w in pairs], allow_unused=True)
    return [np.zeros(x.shape) if g is None else g.data for g, x in zip(found, targets, strict=True)]
