"""The conversion of arrays to the form of the user's code and back."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.adapter.code import Refused
from rot180.check.adapter.forms import Form

LAYOUTS = ("channels_first", "channels_last")
ORDERS = ("", "swapped", "last", "first", "outputs_first")
ABSENT = ("", "N", "C", "CF", "NC", "NCF")


def sizes(op: str, absent: str) -> dict[str, tuple[int, ...]]:
    """Shapes in the checker's order; absent axes have size 1."""
    definition = operations.find(op)
    n, c, f = (1 if letter in absent else size for letter, size in zip("NCF", (2, 3, 4), strict=True))
    spatial, kernel = (5, 6, 7)[: definition.axes], (8, 9, 10)[: definition.axes]
    weight = (c, f) if definition.transposed else (f, c)
    return {"x": (n, c, *spatial), "y": (n, f, *spatial), "w": (*weight, *kernel)}


@pytest.mark.parametrize("op", ["conv1d", "conv2d", "conv3d", "conv_transpose2d", "linear"])
@pytest.mark.parametrize("absent", ABSENT)
def test_from_user_is_the_inverse_of_to_user(op: str, absent: str) -> None:
    definition = operations.find(op)
    for layout, order in product(LAYOUTS, ORDERS):
        form = Form(layout, order, frozenset(absent))
        for argument, shape in sizes(op, absent).items():
            a = np.arange(float(np.prod(shape))).reshape(shape)
            given = form.to_user(definition, argument, a, len(shape))
            assert np.ndim(given) == len(shape) - sum(n == 1 for n in shape)
            assert np.array_equal(form.from_user(definition, argument, given, len(shape), len(shape)), a)


@pytest.mark.parametrize(
    ("form", "x", "w"),
    [
        (Form(), (2, 3, 5, 6), (4, 3, 8, 9)),
        (Form("channels_last"), (2, 5, 6, 3), (8, 9, 3, 4)),
        (Form(weight="swapped"), (2, 3, 5, 6), (3, 4, 8, 9)),
        (Form(weight="last"), (2, 3, 5, 6), (8, 9, 3, 4)),
        (Form("channels_last", "first"), (2, 5, 6, 3), (4, 3, 8, 9)),
        (Form("channels_last", "outputs_first"), (2, 5, 6, 3), (4, 8, 9, 3)),
    ],
)
def test_shapes_of_two_axes(form: Form, x: tuple[int, ...], w: tuple[int, ...]) -> None:
    definition, shapes = operations.find("conv2d"), sizes("conv2d", "")
    assert form.to_user(definition, "x", np.zeros(shapes["x"]), 4).shape == x
    assert form.to_user(definition, "w", np.zeros(shapes["w"]), 4).shape == w


@pytest.mark.parametrize(
    ("vectors", "layout", "shape"),
    [
        ("flat", "channels_first", (3,)),
        ("row", "channels_first", (1, 3)),
        ("column", "channels_first", (3, 1)),
        ("planes", "channels_first", (3, 1, 1)),
        ("broadcast", "channels_first", (1, 3, 1, 1)),
        ("broadcast", "channels_last", (1, 1, 1, 3)),
    ],
)
def test_vectors(vectors: str, layout: str, shape: tuple[int, ...]) -> None:
    definition, form, b = operations.find("conv2d"), Form(layout, vectors=vectors), np.arange(3.0)
    given = form.to_user(definition, "b", b, 4)
    assert given.shape == shape
    assert np.array_equal(form.from_user(definition, "b", given, 1, 4), b)


def test_a_gradient_in_another_shape_than_its_vector_stays_as_it_is() -> None:
    definition, form = operations.find("conv2d"), Form(vectors="column")
    for wrong in ((3, 3), (1, 3), (1, 3, 1, 1), (2, 2)):
        assert form.from_user(definition, "b", np.zeros(wrong), 1, 4).shape == wrong


def test_number_and_samples_in_columns() -> None:
    conv, linear = operations.find("conv2d"), operations.find("linear")
    number = Form(absent=frozenset("NCF"), vectors="number")
    assert number.to_user(conv, "b", np.array([2.5]), 4) == 2.5
    assert number.from_user(conv, "b", 2.5, 1, 4).shape == (1,)
    columns = Form("columns")
    assert columns.to_user(linear, "x", np.zeros((2, 3)), 2).shape == (3, 2)
    assert columns.to_user(linear, "w", np.zeros((4, 3)), 2).shape == (4, 3)


def test_copies_are_made() -> None:
    definition, x = operations.find("conv2d"), np.zeros((2, 3, 5, 6))
    for form in (Form(), Form("channels_last"), Form(vectors="row")):
        for argument, a in (("x", x), ("b", np.zeros(3))):
            form.to_user(definition, argument, a, 4)[...] = 1
            assert not a.any()
            value = np.zeros_like(form.to_user(definition, argument, a, 4))
            found = form.from_user(definition, argument, value, a.ndim, 4)
            value[...] = 1
            assert not found.any()


def test_labels_and_losses_are_unchanged() -> None:
    definition = operations.find("softmax_cross_entropy")
    assert np.array_equal(Form().to_user(definition, "t", np.array([1, 0]), 2), [1, 0])
    assert Form().from_user(definition, "y", np.array([[2.0]]), 0, 2).shape == ()
    assert replace(Form(), one_hot=True) != Form()


@pytest.mark.parametrize(
    ("form", "op", "shape"),
    [
        (Form(), "conv2d", (1,) * 6),
        (Form(), "linear", (2,) * 20),
        (Form("columns"), "linear", (2, 3, 4)),
        (Form(absent=frozenset("N")), "conv2d", (2, 3, 4, 4)),
    ],
)
def test_an_array_that_does_not_fit_the_form_is_refused(form: Form, op: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(Refused, match=r"an array of shape \(.*\) cannot be passed as y"):
        form.to_user(operations.find(op), "y", np.zeros(shape), 4)
