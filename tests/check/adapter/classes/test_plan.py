"""How a class is used is found by trying it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check import operations
from rot180.check.adapter.classes.methods import ClassError
from rot180.check.adapter.classes.plan import find_plan
from tests.class_gallery import autograd_functions, hyperparameters, keras_like, parameter_lists, regions_of_an_image
from tests.mistakes.right_loops import conv, conv_backward


@pytest.mark.parametrize(
    ("target", "op", "form", "places"),
    [
        (keras_like.Conv2D, "conv2d", "channels_last", {"w": ("kernel",), "b": ("bias",)}),
        (hyperparameters.DenseColumns, "linear", "a column for each sample", {"w": ("w",), "b": ("b",)}),
        (parameter_lists.Conv1d, "conv1d", "channels_first", {"w": ("params",), "b": ("params",)}),
        (regions_of_an_image.Conv3x3, "conv2d", "one grey image, maps with channels last", {"w": ("filters",)}),
        (autograd_functions.Conv2dFunction, "conv2d", "channels_first", {}),
    ],
)
def test_forms_and_places(target: Any, op: str, form: str, places: dict[str, tuple[str, ...]]) -> None:
    plan = find_plan(target, operations.find(op), {})
    assert plan.form.name == form and {name: place.names for name, place in plan.places.items()} == places
    assert plan.static is (target is autograd_functions.Conv2dFunction)


def test_a_class_that_refuses_everything_gives_its_reason() -> None:
    class Broken:
        def forward(self, x: Any) -> Any:
            raise RuntimeError("not finished")

        def backward(self, dy: Any) -> Any:
            return dy

    with pytest.raises(
        ClassError, match=r"Broken could not be called as relu with any arrangement of its arrays; .* not finished"
    ):
        find_plan(Broken, operations.find("relu"), {})


def test_a_class_without_a_weight_is_refused() -> None:
    class NoWeight:
        def __init__(self, n_in: int, n_out: int) -> None:
            self.table = np.zeros((7, 7))

        def forward(self, x: Any) -> Any:
            return x

        def backward(self, dy: Any) -> Any:
            return dy

    with pytest.raises(ClassError, match=r"NoWeight has no array with the shape of a weight, \(5, 3\)"):
        find_plan(NoWeight, operations.find("linear"), {})


class Deaf:
    """The forward uses a copy of the weight that setting W does not reach."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.W, self.b = np.zeros((n_in, n_out)), np.zeros(n_out)
        self.used = np.random.default_rng().normal(size=(n_in, n_out))

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.used + self.b

    def backward(self, dy: Any) -> Any:
        self.dW, self.db = self.x.T @ dy, dy.sum(0)
        return dy @ self.used.T


class Broken:
    def __init__(self, n_in: int, n_out: int) -> None:
        raise RuntimeError("no file of weights")


def test_a_weight_that_the_forward_does_not_use_is_no_verdict() -> None:
    with pytest.raises(ClassError, match=r"the result of Deaf.forward does not depend on Deaf.W"):
        find_plan(Deaf, operations.find("linear"), {})


def test_an_error_of_the_constructor_has_its_line() -> None:
    with pytest.raises(ClassError, match=r"RuntimeError: no file of weights, line \d+ of test_plan.py"):
        find_plan(Broken, operations.find("linear"), {})


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("shape", "shape"),
        ("kernel_shape", "kernel_shape"),
        ("sizes", "(sizes[1], sizes[0], sizes[2], sizes[2])"),
        ("shape, filters, k", "(filters, shape[0], k, k)"),
        ("input_dims, n_filters, k=3", "(n_filters, input_dims[0], k, k)"),
    ],
)
def test_one_tuple_of_sizes_of_a_convolution(head: str, shape: str) -> None:
    report = check.layer(conv_with_constructor(head, shape), op="conv2d")
    assert report.ok, report.render()


def conv_with_constructor(head: str, shape: str) -> type:
    """A convolution whose constructor takes `head` and makes a weight of `shape`."""
    space: dict[str, Any] = {"np": np, "conv": conv, "conv_backward": conv_backward}
    exec(
        "class Conv:\n"
        f"    def __init__(self, {head}):\n"
        f"        self.W = np.zeros({shape})\n"
        "        self.b = np.zeros(self.W.shape[0])\n"
        "    def forward(self, x):\n"
        "        self.x = x\n"
        "        return conv(x, self.W, self.b)\n"
        "    def backward(self, dy):\n"
        "        dx, self.dW, self.db = conv_backward(dy, self.x, self.W, self.b)\n"
        "        return dx\n",
        space,
    )
    return space["Conv"]
