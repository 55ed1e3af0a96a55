"""The gradients of a layer are found: returned, in attributes, or as a change of the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check


def layer_that_keeps(statements: str, result: str = "dy @ self.W.T", init: str = "pass") -> type:
    """A linear layer with these statements in its backward, which can use dW and db."""
    space: dict[str, Any] = {"np": np}
    exec(
        "class Layer:\n"
        "    def __init__(self, n_in, n_out):\n"
        "        self.W, self.b = np.zeros((n_in, n_out)), np.zeros(n_out)\n"
        f"        {init}\n"
        "    def forward(self, x):\n"
        "        self.x = x\n"
        "        return x @ self.W + self.b\n"
        "    def backward(self, dy):\n"
        "        dW, db = self.x.T @ dy, dy.sum(0)\n"
        f"        {statements}\n"
        f"        return {result}\n",
        space,
    )
    return space["Layer"]


@pytest.mark.parametrize(
    "statements",
    [
        "self.dW, self.db = dW, db",
        "self.W_grad, self.b_grad = dW, db",
        "self.grad_W, self.grad_b = dW, db",
        "self.d_weights, self.d_bias = dW, db",
        "self.dW_, self.db_ = dW, db",
        "self.dL_dW, self.dL_db = dW, db",
        "self.dEdW, self.dEdb = dW, db",
        "self.weights_gradient, self.bias_gradient = dW, db",
        "self.delta_W, self.delta_b = dW, db",
        "self.gW, self.gb = dW, db",
        "self.change_of_weights, self.sums = dW, db",
        "self.results = {'first': dW, 'second': db}",
        "self.grads = {'W': dW, 'b': db}",
        "self.grads = {'dW': dW, 'db': db}",
        "self.gradients = [dW, db]",
        "self.dx = dy @ self.W.T; self.W -= dW; self.b -= db",
    ],
)
def test_places_of_gradients(statements: str) -> None:
    result = "self.dx" if "self.dx" in statements else "dy @ self.W.T"
    report = check.layer(layer_that_keeps(statements, result), op="linear")
    assert report.ok and {"dx", "dw", "db"} <= {stage.name for stage in report.stages}, report


@pytest.mark.parametrize(
    "result",
    [
        "dy @ self.W.T, dW, db",
        "dW, db, dy @ self.W.T",
        "{'dx': dy @ self.W.T, 'dW': dW, 'db': db}",
        "dy @ self.W.T, dW, db, None",
    ],
)
def test_returned_gradients(result: str) -> None:
    report = check.layer(layer_that_keeps("pass", result), op="linear")
    assert report.ok and {"dx", "dw", "db"} <= {stage.name for stage in report.stages}, report


def test_a_gradient_that_is_nowhere_is_reported() -> None:
    report = check.layer(layer_that_keeps("self.dW = dW"), op="linear")
    assert [(finding.slug, finding.argument) for finding in report.unexplained] == [("unknown", "db")], report


def test_wrong_gradients_are_found_under_names_that_say_nothing() -> None:
    report = check.layer(layer_that_keeps("self.first, self.second = dW, dy.mean(0)"), op="linear")
    assert [(finding.slug, finding.argument) for finding in report.diagnoses] == [("scaled", "db")], report
