"""Parameter: requires_grad, ops, copies, pickles and repr."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from rot180 import Tensor, nn
from rot180.errors import DtypeError


def test_it_requires_a_gradient_by_default() -> None:
    a = np.ones(3, np.float32)
    assert nn.Parameter(a).requires_grad
    assert not nn.Parameter(a, requires_grad=False).requires_grad
    assert nn.Parameter(a).data is a
    assert nn.Parameter(Tensor(a)).data is a
    assert nn.Parameter([1.0, 2.0]).dtype == np.float32


def test_integers_cannot_require_a_gradient() -> None:
    with pytest.raises(DtypeError, match="only float32 and float64 have gradients, not int64"):
        nn.Parameter(np.arange(3))
    assert nn.Parameter(np.arange(3), requires_grad=False).dtype == np.int64


def test_ops_on_it_return_tensors() -> None:
    p = nn.Parameter([1.0, 2.0])
    for result in (p * 2.0, p.detach(), p + p, p.reshape(2, 1)):
        assert type(result) is Tensor
    (p * p).sum().backward()
    assert p.grad is not None and p.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("twin", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_and_pickles_are_independent_parameters(twin, requires_grad: bool) -> None:  # type: ignore[no-untyped-def]
    p = nn.Parameter([1.0, 2.0], requires_grad)
    q = twin(p)
    assert type(q) is nn.Parameter
    assert q.requires_grad is requires_grad
    q.data[0] = 5
    assert p.tolist() == [1.0, 2.0]


def test_repr() -> None:
    assert repr(nn.Parameter([1.0])) == "Parameter containing:\ntensor([1.], requires_grad=True)"
