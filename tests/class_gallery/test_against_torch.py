"""Each layer of the gallery is as right or as wrong as the gallery says, measured against PyTorch in float64."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.class_gallery.functions import adapter
from tests.class_gallery.gallery import GALLERY, Entry
from tests.class_gallery.problems import Problem, problems

pytestmark = pytest.mark.peers
NAMES = ("dx", "dw", "db")
ATOL = 1e-9


def bound(entry: Entry, problem: Problem, x: np.ndarray, parameters: Sequence[np.ndarray]) -> Any:
    """The layer's forward and backward for these arrays."""
    target = () if problem.target is None else (problem.target,)
    copies = (array.copy() for array in parameters)
    return adapter(entry)(entry.target, x.copy(), *copies, *target, **problem.settings)


def torch_function(op: str, problem: Problem) -> Callable[..., Any]:
    import torch
    import torch.nn.functional as F

    settings = dict(problem.settings)
    target = None if problem.target is None else torch.as_tensor(problem.target)
    if op == "batch_norm":
        return lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, **settings)
    if op == "layer_norm":
        return lambda x, w, b: F.layer_norm(x, x.shape[1:], w, b, **settings)
    if op == "softmax":
        return lambda x: F.softmax(x, dim=1)
    if op == "leaky_relu":
        return lambda x: F.leaky_relu(x, **settings)
    if op in ("cross_entropy", "mse_loss"):
        return lambda x: getattr(F, op)(x, target)
    if op in ("relu", "sigmoid", "tanh"):
        return getattr(torch, op)
    return lambda *arrays: getattr(F, op)(*arrays, **settings)


class TorchLayer:
    """PyTorch's forward of a problem, and its gradients."""

    def __init__(self, op: str, problem: Problem) -> None:
        import torch

        self.leaves = [torch.tensor(array, requires_grad=True) for array in (problem.x, *problem.parameters)]
        self.output = torch_function(op, problem)(*self.leaves)
        self.y = self.output.detach().numpy()

    def gradients(self, dy: np.ndarray) -> list[np.ndarray]:
        import torch

        return [grad.numpy() for grad in torch.autograd.grad(self.output, self.leaves, torch.as_tensor(dy))]


def numerical_gradients(entry: Entry, problem: Problem, dy: np.ndarray) -> list[np.ndarray]:
    """The gradients of the layer's own forward by central differences."""
    arrays = [problem.x, *problem.parameters]
    results = []
    for index, array in enumerate(arrays):
        gradient = np.zeros_like(array)
        for cell in np.ndindex(array.shape):
            values = []
            for step in (0.5, -0.5):  # the layers with a wrong forward are linear: no step is too large
                moved = [other.copy() for other in arrays]
                moved[index][cell] += step
                values.append(np.vdot(bound(entry, problem, moved[0], moved[1:])[0](moved[0]), dy))
            gradient[cell] = values[0] - values[1]
        results.append(gradient)
    return results


def equal(a: Any, b: np.ndarray) -> bool:
    return np.shape(a) == b.shape and bool(np.allclose(a, b, rtol=1e-9, atol=ATOL))


def wrong_arrays(entry: Entry, problem: Problem) -> set[str]:
    """The arrays in which the layer differs from PyTorch, or in its gradients from its own forward."""
    forward, backward = bound(entry, problem, problem.x, problem.parameters)
    x = problem.x.copy()
    y = np.array(forward(x))
    wrong = set() if equal(x, problem.x) else {"x"}
    dy = np.ones(()) if problem.target is not None else np.random.default_rng(0).normal(size=y.shape)
    given = dy.copy()
    grads = [None if grad is None else np.array(grad) for grad in backward(given)]
    if not equal(given, dy):
        wrong.add("dy")
    right = TorchLayer(entry.op, problem)
    if equal(y, right.y):
        right_grads = right.gradients(dy)
    else:
        wrong.add("y")
        right_grads = numerical_gradients(entry, problem, dy)
    if entry.slug == "gradients-accumulated":
        forward(problem.x.copy())
        grads = [np.array(grad) for grad in backward(dy.copy())]
    pairs = zip(NAMES, grads, right_grads, strict=False)
    return wrong | {name for name, grad, expected in pairs if grad is not None and not equal(grad, expected)}


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.name)
def test_a_layer_differs_from_torch_where_the_gallery_says(entry: Entry) -> None:
    found = set().union(*(wrong_arrays(entry, problem) for problem in problems(entry)))
    assert found == set(entry.wrong)


def test_the_gallery_is_large_and_half_right() -> None:
    styles = Counter(entry.style for entry in GALLERY)
    assert len(GALLERY) >= 72 and len(styles) >= 12 and min(styles.values()) >= 6
    assert 0.4 <= sum(entry.right for entry in GALLERY) / len(GALLERY) <= 0.6
    assert len({entry.name for entry in GALLERY}) == len(GALLERY)
