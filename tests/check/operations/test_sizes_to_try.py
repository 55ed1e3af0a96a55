"""The edge cases: their sizes, and the arrays that are drawn for them."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.operations.case import Case, Problem
from rot180.check.operations.sizes_to_try import LARGE, Attempt

ALL = list(operations._ALL)


def edges(op: str, *open_settings: str, **fixed: object) -> list[Case]:
    return list(operations.find(op).edge_cases(fixed, open_settings, "correlation"))


@pytest.mark.parametrize("op", ALL)
def test_results_of_edge_cases_have_the_right_shapes_and_are_in_float64(op: str) -> None:
    definition = operations.find(op)
    for case in edges(op, *definition.settings):
        problem = definition.problem(case, 1, 0.25)
        y = definition.forward(problem.arrays, case)
        assert y.shape == definition.y_shape(case) == problem.dy.shape
        gradients = definition.gradients(problem.dy, problem.arrays, case)
        assert {name: g.shape for name, g in gradients.items()} == {name: case.shapes[name] for name in gradients}
        assert y.dtype == float
        assert all(g.dtype == float for g in gradients.values())


def test_convolutions_have_each_size_that_code_treats_differently() -> None:
    cases = edges("conv2d", "stride", "padding", "dilation", "groups")
    kernels = {case.shapes["w"][2:] for case in cases}
    assert {(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)} <= kernels
    assert {case.shapes["x"][0] for case in cases} >= {1, 2, 4}
    assert {case.settings.get("stride", 1) for case in cases} >= {1, 2, 3, 4, (2, 1)}
    assert {case.settings.get("dilation", 1) for case in cases} >= {1, 3, (1, 2)}
    assert any(case.shapes["x"][2] == case.shapes["x"][3] for case in cases)
    assert any(case.shapes["x"][1] == 1 for case in cases)
    assert any(case.settings.get("groups") == case.shapes["x"][1] for case in cases)
    assert {case.dtype for case in cases} == {"float64", "float32"}
    assert {case.factor for case in cases} == {1.0, LARGE}


def test_transposed_convolutions_have_more_than_one_cell_of_output_padding() -> None:
    cases = edges("conv_transpose2d", "stride", "padding", "output_padding")
    assert max(case.settings.get("output_padding", 0) for case in cases) == 3
    assert any(case.shapes["x"][2:] == (1, 1) for case in cases)


def test_settings_that_are_fixed_or_not_open_are_not_varied() -> None:
    cases = edges("conv2d", "padding", stride=2, kernel_size=3)
    assert {case.settings["stride"] for case in cases} == {2}
    assert {case.shapes["w"][2:] for case in cases} == {(3, 3)}
    assert {name for case in cases for name in case.settings} == {"stride", "padding"}
    assert len(cases) == len({(case.describe()) for case in cases})


def test_settings_per_axis_become_numbers_for_one_axis() -> None:
    assert Attempt({"stride": (2, 1, 2)}).open(("stride",), 1) == {"stride": 2}
    assert Attempt({"stride": (2, 1, 2)}).open(("stride",), 2) == {"stride": (2, 1)}
    assert Attempt({"stride": 2}).open(("padding",), 2) == {}


def test_sizes_stay_possible_where_an_operation_needs_several_values() -> None:
    assert all(case.shapes["x"][0] >= 3 for case in edges("batch_norm"))
    assert all(case.shapes["x"][-1] >= 3 for case in edges("layer_norm"))
    assert all(case.shapes["x"][1] >= 2 for case in edges("softmax"))
    assert {case.shapes["x"] for case in edges("layer_norm", normalized_shape=(2, 3))} >= {(1, 2, 3), (7, 9, 2, 3)}


@pytest.mark.parametrize("op", ["conv2d", "linear", "conv_transpose1d", "avg_pool2d", "relu", "mse_loss"])
def test_float32_problems_are_exact_in_both_dtypes(op: str) -> None:
    definition = operations.find(op)
    case = next(case for case in edges(op, *definition.settings) if case.dtype == "float32")
    problem = definition.problem(case, 2, 0.25)
    assert {a.dtype for a in (*problem.arrays.values(), problem.dy)} == {np.dtype("float32")}
    assert case.describe().endswith(", float32")
    if definition.exact and op != "avg_pool2d":
        y = definition.forward(problem.arrays, case)
        assert np.array_equal(y, y.astype(np.float32))
        assert all(np.array_equal(g, g.astype(np.float32)) for g in definition.gradients(
            problem.dy, problem.arrays, case).values())  # fmt: skip


def test_labels_stay_integers_in_float32() -> None:
    definition = operations.find("softmax_cross_entropy")
    case = next(case for case in edges("softmax_cross_entropy") if case.dtype == "float32")
    problem = definition.problem(case, 0, 0.25)
    assert problem.arrays["t"].dtype.kind == "i"
    assert problem.arrays["x"].dtype == np.float32


@pytest.mark.parametrize("op", ["conv2d", "max_pool2d", "relu", "leaky_relu"])
def test_large_numbers_are_a_multiple_of_the_ordinary_ones(op: str) -> None:
    definition = operations.find(op)
    case = next(case for case in edges(op, *definition.settings) if case.factor != 1)
    assert case.describe().endswith(f", x times {LARGE:.0f}")
    large: Problem = definition.problem(case, 0, 1.0)
    usual = definition.problem(Case(case.settings, case.shapes), 0, 1.0)
    assert np.array_equal(large.arrays["x"], LARGE * usual.arrays["x"])
    assert np.abs(definition.forward(large.arrays, case)).max() < 65504  # float16 does not overflow


def test_dy_of_another_shape_keeps_its_dtype() -> None:
    definition = operations.find("conv2d")
    case = next(case for case in edges("conv2d") if case.dtype == "float32")
    assert definition.problem(case, 0, 0.25).with_result((2, 3)).dy.dtype == np.float32
