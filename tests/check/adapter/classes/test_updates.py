"""Layers that change their parameters themselves: the change at a learning rate of 1 is the gradient."""

import numpy as np
import pytest

from rot180 import check
from rot180.check.adapter.classes.methods import ClassError
from rot180.check.adapter.classes.updates import set_rates


class Dense:
    def __init__(self, n_in, n_out):
        self.w, self.b = np.zeros((n_in, n_out)), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def gradients(self, dy):
        return self.x.T @ dy, dy.sum(0)


class KeepsItsRate(Dense):
    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)
        self.learning_rate = 0.01

    def backward(self, dy):
        dx, (dw, db) = dy @ self.w.T, self.gradients(dy)
        self.w -= self.learning_rate * dw
        self.b -= self.learning_rate * db
        return dx


class HidesItsRate(Dense):
    def backward(self, dy):
        dx, (dw, db) = dy @ self.w.T, self.gradients(dy)
        self.w -= 0.01 * dw
        self.b -= 0.01 * db
        return dx


class RateOfOne(Dense):
    def backward(self, dy):
        dx, (dw, db) = dy @ self.w.T, self.gradients(dy)
        self.w -= dw
        self.b -= db
        return dx


class UpdatesLater(Dense):
    def backward(self, dy):
        self.pending = self.gradients(dy)
        return dy @ self.w.T

    def update(self, lr):
        self.w -= lr * self.pending[0]
        self.b -= lr * self.pending[1]


class UpdatesLaterTwice(UpdatesLater):
    def update(self, lr):
        super().update(2 * lr)


class InPlace(Dense):
    def __init__(self, n_in, n_out, optimizer):
        super().__init__(n_in, n_out)
        self.optimizer = optimizer

    def backward(self, dy):
        dx, (dw, db) = dy @ self.w.T, self.gradients(dy)
        self.optimizer.update(self.w, dw)
        self.optimizer.update(self.b, db)
        return dx


class NewArrays(InPlace):
    def backward(self, dy):
        w, (dw, db) = self.w, self.gradients(dy)
        self.w = self.optimizer.update(self.w, dw)
        self.b = self.optimizer.update(self.b, db)
        return dy @ w.T  # the weight of the forward: an optimiser that changed it in place would make this wrong


@pytest.mark.parametrize("layer", [KeepsItsRate, RateOfOne, UpdatesLater, InPlace, NewArrays])
def test_the_change_at_a_rate_of_one_is_the_gradient(layer):
    report = check.layer(layer, op="linear")
    assert report.ok, report
    assert {"dw", "db"} <= {stage.name for stage in report.stages}


def test_a_wrong_change_is_found():
    found = check.layer(UpdatesLaterTwice, op="linear").diagnoses
    assert {(mistake.slug, mistake.argument) for mistake in found} == {("scaled", "dw, db")}


def test_a_rate_that_is_not_known_is_no_verdict():
    with pytest.raises(ClassError, match=r"HidesItsRate.backward updates w with a learning rate that is not 1"):
        check.layer(HidesItsRate, op="linear")


def test_only_rates_are_set():
    layer = KeepsItsRate(1, 2)
    layer.alpha, layer.lr = 0.2, "constant"
    set_rates(layer)
    assert (layer.learning_rate, layer.alpha, layer.lr) == (1.0, 0.2, "constant")
