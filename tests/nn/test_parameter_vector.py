"""Parameters to one vector and back."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rot180
from rot180 import Tensor, nn
from rot180.errors import DtypeError, ShapeError
from rot180.nn.utils import parameters_to_vector, vector_to_parameters


def test_the_vector_holds_all_cells_in_row_major_order() -> None:
    a = nn.Parameter(np.arange(6, dtype=np.float32).reshape(3, 2).T)  # (2, 3), not contiguous
    b = nn.Parameter(np.array(7.0, np.float32))
    vector = parameters_to_vector([a, b])
    assert vector.tolist() == [0, 2, 4, 1, 3, 5, 7]


def test_a_round_trip_restores_the_model_and_keeps_its_arrays() -> None:
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Linear(4, 1))
    before = [p.data.copy() for p in model.parameters()]
    arrays = [p.data for p in model.parameters()]
    vector = parameters_to_vector(model.parameters()).detach()
    vector_to_parameters(vector * 2, model.parameters())
    for p, array, value in zip(model.parameters(), arrays, before, strict=True):
        assert p.data is array
        np.testing.assert_array_equal(p.data, 2 * value)
    vector_to_parameters(vector, model.parameters())
    for p, value in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, value)


def test_gradients_flow_from_the_vector_to_the_parameters() -> None:
    a, b = nn.Parameter(np.ones((2, 2))), nn.Parameter(np.ones(3))
    (parameters_to_vector([a, b]) * Tensor(np.arange(7.0))).sum().backward()
    assert a.grad is not None and a.grad.tolist() == [[0, 1], [2, 3]]
    assert b.grad is not None and b.grad.tolist() == [4, 5, 6]


def test_a_graph_that_needs_an_overwritten_parameter_is_refused() -> None:
    p = nn.Parameter(np.ones(2))
    loss = (p * p).sum()
    vector_to_parameters(Tensor(np.zeros(2)), [p])
    with pytest.raises(rot180.GradientError, match="changed"):
        loss.backward()


def test_errors_leave_the_parameters_unchanged() -> None:
    a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(3, np.float32))
    with pytest.raises(ShapeError, match=re.escape("vec has shape (4,); the parameters need (5,)")):
        vector_to_parameters(Tensor(np.zeros(4)), [a, b])
    with pytest.raises(DtypeError, match=r"vec is float64 but parameter 1 is float32; convert vec with \.astype"):
        vector_to_parameters(Tensor(np.zeros(5)), [a, b])
    with pytest.raises(TypeError, match=re.escape("vec is a ndarray; a Tensor is needed (rot180.tensor makes one)")):
        vector_to_parameters(np.zeros(5), [a, b])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="vector_to_parameters: entry 1 is a ndarray; a Tensor is needed"):
        vector_to_parameters(Tensor(np.zeros(5)), [a, np.ones(3)])  # type: ignore[list-item]
    with pytest.raises(ShapeError, match="parameters_to_vector: got no parameters; at least one is needed"):
        parameters_to_vector([])
    with pytest.raises(DtypeError, match="cat: got float32 and float64"):
        parameters_to_vector([a, b])
    assert a.tolist() == [1, 1] and b.tolist() == [1, 1, 1]


@pytest.mark.peers
def test_the_vector_equals_pytorchs() -> None:
    import torch

    arrays = [np.random.default_rng(0).normal(size=shape) for shape in [(2, 3, 4), (5,), ()]]
    ours = parameters_to_vector([nn.Parameter(a) for a in arrays])
    theirs = torch.nn.utils.parameters_to_vector([torch.nn.Parameter(torch.tensor(a)) for a in arrays])
    np.testing.assert_array_equal(ours.data, theirs.detach().numpy())
