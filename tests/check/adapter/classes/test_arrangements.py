"""Arrangements of arrays convert from PyTorch's layout and back."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.adapter.classes.arrangements import Arrangement, fitting_vector, fitting_weight, sample_forms


@pytest.mark.parametrize("shape", [(5, 2, 3, 3), (5, 2, 3), (5, 3)])
@pytest.mark.parametrize("user", ["same", "in first", "last", "rows", "columns"])
def test_a_weight_is_recognised_by_its_shape(shape: tuple[int, ...], user: str) -> None:
    out, into, *kernel = shape
    size = int(np.prod(kernel))
    stored: dict[str, tuple[int, ...]] = {
        "same": shape,
        "in first": (into, out, *kernel),
        "last": (*kernel, into, out),
        "rows": (out, into * size),
        "columns": (into * size, out),
    }
    arranged = fitting_weight(shape, stored[user])
    assert arranged is not None
    w = np.arange(float(np.prod(shape))).reshape(shape)
    assert arranged.to_user(w).shape == stored[user]
    np.testing.assert_array_equal(arranged.from_user(arranged.to_user(w), shape), w)


def test_a_weight_without_an_axis_for_one_channel_is_recognised() -> None:
    w = np.arange(45.0).reshape(5, 1, 3, 3)
    arranged = fitting_weight(w.shape, (5, 3, 3))
    assert arranged is not None
    np.testing.assert_array_equal(arranged.to_user(w), w[:, 0])
    np.testing.assert_array_equal(arranged.from_user(w[:, 0], w.shape), w)


def test_an_array_of_another_size_fits_nothing() -> None:
    assert fitting_weight((5, 2, 3, 3), (5, 2, 3, 4)) is None
    assert fitting_vector(5, (5, 2)) is None


@pytest.mark.parametrize("shape", [(5,), (1, 5), (5, 1), (1, 1, 1, 5)])
def test_vectors_have_axes_of_size_1(shape: tuple[int, ...]) -> None:
    arranged = fitting_vector(5, shape)
    assert arranged is not None
    assert arranged.to_user(np.ones(5)).shape == shape
    assert arranged.from_user(np.ones(shape), (5,)).shape == (5,)


def test_an_unsummed_gradient_of_a_vector_stays_as_it_is() -> None:
    arranged = fitting_vector(5, (1, 5))
    assert arranged is not None and arranged.from_user(np.ones((3, 5)), (5,)).shape == (3, 5)


def test_a_gradient_with_another_number_of_axes_stays_as_it_is() -> None:
    assert Arrangement((2, 3, 1, 0)).from_user(np.ones((3, 2)), (5, 2, 3, 3)).shape == (3, 2)


def test_more_samples_than_one_are_not_left_out_silently() -> None:
    with pytest.raises(ValueError, match="size not equal to one"):
        Arrangement((0, 1), missing=(0,)).to_user(np.ones((2, 3)))


def test_images_can_be_single_grey_and_with_channels_last() -> None:
    forms = list(sample_forms(operations.find("conv2d"), 4))
    assert [form.name for form in forms[:2]] == ["channels_first", "channels_last"]
    assert all(form.single for form in forms[2:]) and [form.grey for form in forms[2:]] == [False] * 3 + [True] * 3
    assert forms[1].x.to_user(np.ones((2, 3, 5, 6))).shape == (2, 5, 6, 3)


def test_a_loss_has_one_form() -> None:
    assert len(list(sample_forms(operations.find("mse_loss"), 2))) == 1


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("channels_first", (3,)),
        ("a column for each sample", (3,)),
        ("a batch of one sample", (3,)),
        ("one column", (3, 1)),
        ("one vector", (3,)),
    ],
)
def test_the_shape_of_a_sample(name: str, shape: tuple[int, ...]) -> None:
    form = next(form for form in sample_forms(operations.find("linear"), 2) if form.name == name)
    assert form.sample_shape((4, 3)) == shape
