"""Classes and factories are judged as they are. The gallery in tests/class_gallery has more of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check import operations
from rot180.check.adapter.classes.pair import is_class, pair_of
from rot180.errors import GradientError

LINEAR = operations.find("linear")


class Dense:
    def __init__(self, n_in: int, n_out: int) -> None:
        self.W, self.b = np.zeros((n_in, n_out)), np.zeros((1, n_out))

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy: Any) -> Any:
        self.dW, self.db = self.x.T @ dy, dy.sum(0, keepdims=True)
        return dy @ self.W.T


class Doubling(Dense):
    def backward(self, dy: Any) -> Any:
        return 2 * super().backward(dy)


class Updating(Dense):
    def backward(self, dy: Any, lr: float) -> Any:
        dx = dy @ self.W.T
        self.W -= lr * self.x.T @ dy
        self.b -= lr * dy.sum(0)
        return dx


class Stale(Dense):
    def backward(self, dy: Any, lr: float) -> Any:
        self.W -= lr * self.x.T @ dy
        self.b -= lr * dy.sum(0)
        return dy @ self.W.T


class Accumulating(Dense):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def backward(self, dy: Any) -> Any:
        self.dW += self.x.T @ dy
        self.db += dy.sum(0)
        return dy @ self.W.T


class Clearing(Accumulating):
    def zero_grad(self) -> None:
        self.dW[...], self.db[...] = 0, 0


class FirstLayer(Updating):
    def backward(self, dy: Any, lr: float) -> None:
        super().backward(dy, lr)


class Lazy(Dense):
    def __init__(self, units: int) -> None:
        self.units = units
        self.W = None  # type: ignore[assignment]

    def forward(self, x: Any) -> Any:
        if self.W is None:
            Dense.__init__(self, x.shape[1], self.units)
        return super().forward(x)


def make_dense(n_in: int, n_out: int) -> SimpleNamespace:
    layer = Dense(n_in, n_out)
    return SimpleNamespace(forward=layer.forward, backward=layer.backward, params=layer.__dict__, layer=layer)


@pytest.mark.parametrize("target", [Dense, Updating, Clearing, Lazy])
def test_right_classes(target: type) -> None:
    report = check.layer(target, op="linear")
    stages = ["forward", "reference", "dx", "dw", "db", "edge cases"]
    assert report.ok and [stage.name for stage in report.stages] == stages, report


@pytest.mark.parametrize(
    ("target", "slug"),
    [(Doubling, "scaled"), (Stale, "weights-updated-first"), (Accumulating, "gradients-accumulated")],
)
def test_wrong_classes(target: type, slug: str) -> None:
    report = check.layer(target, op="linear")
    assert slug in {d.slug for d in report.diagnoses}, report
    assert report.name == target.__name__


def test_a_first_layer_may_return_nothing() -> None:
    report = check.layer(FirstLayer, op="linear")
    assert report.ok and "dx" not in [stage.name for stage in report.stages]
    assert any("so dx was not checked" in remark for remark in report.remarks)


class Activation:
    def __call__(self, x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def gradient(self, x: Any) -> Any:
        return self(x) * (1 - self(x))


class WithActivation(Dense):
    def __init__(self, n_in: int, n_out: int, activation: str | None = "relu") -> None:
        super().__init__(n_in, n_out)
        self.activation = activation

    def forward(self, x: Any) -> Any:
        z = super().forward(x)
        return np.maximum(z, 0) if self.activation == "relu" else z


class RowOfOne(Dense):
    """Updates its bias by dy, which has the shape of the bias for a single sample only."""

    def backward(self, dy: Any, learning_rate: float) -> Any:
        dx = dy @ self.W.T
        self.W -= learning_rate * self.x.T @ dy
        self.b -= learning_rate * dy
        return dx


class ParametersPassed:
    def __init__(self, units: int) -> None:
        self.units = units

    def forward(self, A: Any, weights: Any, bias: Any) -> Any:
        self.A = A
        return weights @ A + bias

    def backward(self, dA: Any, weights: Any) -> Any:
        return weights.T @ dA, dA @ self.A.T, dA.sum(axis=1, keepdims=True)


class FirstSampleOnly(Dense):
    """The return is inside the loop."""

    def forward(self, x: Any) -> Any:
        self.x = x
        y = np.zeros((len(x), self.W.shape[1]))
        for n in range(len(x)):
            y[n] = x[n] @ self.W + self.b[0]
            return y
        return y


class OneOfTheBatch(Dense):
    """The result has no axis for the batch."""

    def forward(self, x: Any) -> Any:
        self.x = x[:1]
        return self.x @ self.W + self.b

    def backward(self, dy: Any) -> Any:
        self.dW, self.db = self.x.T @ dy[:1], dy[:1].sum(0, keepdims=True)
        return dy[:1] @ self.W.T


@pytest.mark.parametrize("target", [FirstSampleOnly, OneOfTheBatch])
def test_a_class_that_runs_with_a_batch_is_judged_with_a_batch(target: type) -> None:
    report = check.layer(target, op="linear")
    assert not report.ok and "y" in {d.argument for d in (*report.diagnoses, *report.unexplained)}, report


def make_functions(n_in: int, n_out: int) -> tuple[Any, Any]:
    """No object at all: the parameters are variables of the functions."""
    layer, W, b = SimpleNamespace(), np.zeros((n_in, n_out)), np.zeros(n_out)

    def forward(x: Any) -> Any:
        layer.x = x
        return x @ W + b

    def backward(dy: Any) -> Any:
        return dy @ W.T, layer.x.T @ dy, dy.sum(0)

    return forward, backward


@pytest.mark.parametrize(
    ("target", "op"),
    [
        (make_functions, "linear"),
        (Activation, "sigmoid"),
        (WithActivation, "linear"),
        (ParametersPassed, "linear"),
        (RowOfOne, "linear"),
    ],
)
def test_more_right_classes(target: Any, op: str) -> None:
    report = check.layer(target, op=op)
    assert report.ok, report


def test_the_form_of_the_arrays_is_a_remark() -> None:
    class Column(Dense):
        def __init__(self, n_in: int, n_out: int) -> None:
            self.W, self.b = np.zeros((n_out, n_in)), np.zeros((n_out, 1))

        def forward(self, x: Any) -> Any:
            self.x = x
            return self.W @ x + self.b

        def backward(self, dy: Any) -> Any:
            self.dW, self.db = dy @ self.x.T, dy.sum(1, keepdims=True)
            return self.W.T @ dy

    report = check.layer(Column, op="linear")
    assert report.ok and any("a column for each sample" in remark for remark in report.remarks), report


@pytest.mark.parametrize(
    ("target", "backward", "expected"),
    [
        (Dense, None, True),
        (make_dense, None, True),
        (lambda x, w, b: x, None, False),
        (lambda x, w, b: x, lambda dy, x, w, b: dy, False),
    ],
)
def test_what_is_a_class(target: Any, backward: Any, expected: bool) -> None:
    assert is_class(target, backward, LINEAR) is expected


def test_a_pair_has_the_settings_of_the_class() -> None:
    from tests.class_gallery.parameter_objects import Conv2d

    pair = pair_of(Conv2d, operations.find("conv2d"), {})
    x, w, b = np.ones((2, 2, 5, 6)), np.ones((4, 1, 3, 2)), np.zeros(4)
    y, session = pair.forward(x, w, b, stride=2, padding=1, dilation=1, groups=2)
    assert y.shape == (2, 4, 3, 4) and pair.returns == ("x", "w", "b")
    assert {name: a.shape for name, a in pair.backward(np.ones(y.shape), session).items()} == {
        "x": x.shape, "w": w.shape, "b": b.shape,
    }  # fmt: skip


class CamelCase:
    def __init__(self, batchSize: int, inputSize: int, outputSize: int) -> None:
        self.weights, self.bias = np.zeros((inputSize, outputSize)), np.zeros(outputSize)
        self.buffer = np.zeros((batchSize, outputSize))

    def forwardPass(self, inputData: Any) -> Any:
        self.inputs = inputData
        self.buffer[...] = inputData @ self.weights + self.bias
        return SimpleNamespace(data=self.buffer)

    def backwardPass(self, gradOutput: Any) -> Any:
        self.gradWeights, self.gradBias = self.inputs.T @ gradOutput, gradOutput.sum(0)
        return gradOutput @ self.weights.T


class WithGradients:
    """Adds to the gradients beside the parameters, which an optimiser sets to zero."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.w = SimpleNamespace(data=np.zeros((n_in, n_out)), grad=np.zeros((n_in, n_out)))
        self.b = SimpleNamespace(data=np.zeros(n_out), grad=np.zeros(n_out))

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.w.data + self.b.data

    def backward(self, dy: Any) -> Any:
        self.w.grad += self.x.T @ dy
        self.b.grad += dy.sum(0)
        return dy @ self.w.data.T


class Failing(Dense):
    def backward(self, dy: Any) -> Any:
        raise RuntimeError("not done")


@pytest.mark.parametrize("layer", [CamelCase, WithGradients])
def test_names_with_capitals_and_gradients_beside_parameters_are_understood(layer: Any) -> None:
    report = check.layer(layer, op="linear")
    assert report.ok, report


def test_an_error_of_a_method_has_its_line() -> None:
    with pytest.raises(GradientError, match=r"RuntimeError: not done, line \d+ of test_pair.py"):
        check.layer(Failing, op="linear")
