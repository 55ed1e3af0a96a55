"""Restrictions: the sizes that they leave, and their order."""

from __future__ import annotations

import pytest

from rot180.check import operations
from rot180.check.operations.case import Case
from rot180.check.running.restriction import Restriction, restrictions


def first_case(op: str, **fixed: object) -> Case:
    return next(operations.find(op).cases(fixed, (), "correlation"))


def restricted(op: str, **values: object) -> Case | None:
    return Restriction(**values).apply(operations.find(op), first_case(op))  # type: ignore[arg-type]


def test_no_restriction_changes_nothing() -> None:
    assert restricted("conv2d") == first_case("conv2d")


def test_square_kernels_leave_oblong_images() -> None:
    case = restricted("conv2d", square="kernel")
    assert case is not None
    assert len({*case.shapes["w"][2:]}) == 1
    assert case.shapes["x"][2] != case.shapes["x"][3]
    assert case.shapes["w"][0] != case.shapes["w"][1]


def test_square_images_have_square_kernels() -> None:
    case = restricted("conv2d", square="image")
    assert case is not None
    assert len({*case.shapes["x"][2:]}) == len({*case.shapes["w"][2:]}) == 1


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d", "linear"])
def test_equal_channels(op: str) -> None:
    case = restricted(op, equal_channels=True)
    assert case is not None
    assert case.shapes["w"][0] == case.shapes["w"][1] == case.shapes["x"][1] == case.shapes["b"][0]


def test_one_image_with_one_kernel_per_channel() -> None:
    case = restricted("conv2d", depthwise=True, one_image=True, square="kernel")
    assert case is not None
    assert case.shapes["x"][0] == 1
    assert case.shapes["w"][1] == 1
    assert case.settings["groups"] == case.shapes["x"][1]


def test_operations_without_such_sizes_have_no_case() -> None:
    assert restricted("relu", one_image=True) is None
    assert restricted("relu", square="image") is None
    assert restricted("max_pool2d", square="kernel") is None
    assert restricted("linear", square="kernel") is None
    assert restricted("avg_pool2d", equal_channels=True) is None


def test_pooling_has_square_images() -> None:
    case = restricted("max_pool2d", square="image")
    assert case is not None
    assert len({*case.shapes["x"][2:]}) == 1


def test_restrictions_that_hide_less_come_first() -> None:
    found = list(restrictions())
    assert found[0] == Restriction()
    assert [r.cost for r in found] == sorted(r.cost for r in found)
    assert found.index(Restriction("kernel")) < found.index(Restriction("image"))
    assert not any(r.equal_channels and r.depthwise for r in found)


def test_each_restriction_that_hides_something_says_so() -> None:
    assert Restriction().remarks() == Restriction("kernel").remarks() == []
    assert "square images" in Restriction("image").remarks()[0]
    assert "as many output channels" in Restriction(equal_channels=True).remarks()[0]
    assert "refused every case with more" in Restriction(one_image=True).remarks()[0]
    assert "however many are passed" in Restriction(one_image=True).remarks(ignores_images=True)[0]
    assert Restriction("image").scope == "square images only"
