"""Each fault of the question's layer is present, and the fixed layer has PyTorch's numbers."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import rot180.functional as F
from tests.examples.programs import load

layer = load("transposed_conv")
record = load("record_conv_transpose")
BY_NAME = {version.name: version for version in layer.VERSIONS}


def test_full_scatters_the_kernel_as_it_is() -> None:
    x = np.zeros((3, 3))
    x[0, 2] = 2
    kernel = np.arange(1.0, 5).reshape(2, 2)
    np.testing.assert_array_equal(layer.full(x, kernel)[:2, 2:], 2 * kernel)


@pytest.mark.parametrize(
    ("version", "same"),
    [
        ("the question's", {"z": False, "dx": False, "dw": True}),  # the clip spoils dx
        ("... and the sign", {"z": False, "dx": True, "dw": True}),
        ("... and no rotation", {"z": True, "dx": True, "dw": True}),
        ("the answer's", {"z": False, "dx": False, "dw": False}),
    ],
)
def test_agreement_with_the_recorded_numbers_of_pytorch(version: str, same: dict[str, bool]) -> None:
    assert layer.agreement(BY_NAME[version], record.recorded_numbers()) == same


def test_the_record_is_of_the_inputs_that_its_script_makes() -> None:
    numbers = record.recorded_numbers()
    for name, value in record.inputs().items():
        np.testing.assert_array_equal(numbers[name], value)


@pytest.mark.peers
def test_pytorch_still_gives_the_recorded_numbers() -> None:
    live, numbers = record.torch_numbers(), record.recorded_numbers()
    assert live.keys() == numbers.keys()
    for name in numbers.keys() - {"by"}:
        np.testing.assert_array_equal(live[name], numbers[name])


def test_the_library_has_pytorchs_numbers_and_the_answers_with_the_kernel_rotated() -> None:
    n = record.recorded_numbers()
    x, kernel, dz = (n[name][None, None] for name in ("x", "kernel", "dz"))
    dx, dw, _ = F.conv_transpose2d_backward(dz, x, kernel)
    np.testing.assert_array_equal(dx[0, 0], n["dx"])
    np.testing.assert_array_equal(dw[0, 0], n["dw"])
    z = layer.forward(n["x"], n["kernel"], layer.ANSWER)
    np.testing.assert_array_equal(z, F.conv_transpose2d(x, kernel[..., ::-1, ::-1])[0, 0])


def test_the_swapped_clip_makes_every_entry_minus_ten() -> None:
    rng = np.random.default_rng(0)
    dx, _ = layer.backward(
        rng.standard_normal((12, 12)), np.ones((10, 10)), rng.standard_normal((3, 3)), layer.QUESTION
    )
    np.testing.assert_array_equal(dx, np.full((10, 10), -10.0))


@pytest.mark.parametrize("version", [v for v in layer.VERSIONS if v not in (layer.FIXED, layer.ANSWER)])
def test_with_any_fault_left_the_error_diverges(version: object) -> None:
    losses = layer.train(version, 40)
    assert losses[0] < 1000
    assert np.isinf(losses[-1])


@pytest.mark.parametrize("version", [layer.FIXED, layer.ANSWER])
def test_without_faults_the_error_falls(version: object) -> None:
    losses = layer.train(version, 300)
    assert losses[-1] < 0.12 * losses[0]
    assert (np.diff(losses[10:]) < 0).all()


@pytest.mark.parametrize("version", [layer.FIXED, layer.ANSWER])
@pytest.mark.parametrize("seed", range(5))
def test_dw_predicts_the_change_of_a_linear_loss(version: object, seed: int) -> None:
    predicted, actual = layer.changes(version, seed)
    assert predicted == pytest.approx(actual, rel=1e-11, abs=1e-11)


def test_a_forward_and_a_backward_that_do_not_belong_together_mispredict() -> None:
    predicted, actual = layer.changes(BY_NAME["only the rotation wrong"])
    assert abs(predicted - actual) > 10


@pytest.mark.parametrize("version", [layer.FIXED, layer.ANSWER])
def test_both_right_versions_pass_a_check_by_differences(version: object) -> None:
    differences = load("differences")
    rng = np.random.default_rng(1)
    x, kernel, dz = (rng.standard_normal(shape) for shape in ((4, 5), (3, 3), (6, 7)))
    for gradient, a in zip(layer.backward(dz, x, kernel, version), (x, kernel), strict=True):
        numerical = differences.numerical_gradient(lambda: layer.forward(x, kernel, version), a, dz, step=1.0)
        np.testing.assert_allclose(gradient, numerical, rtol=1e-12, atol=1e-12)


def test_the_program_says_that_the_numbers_are_recorded_where_torch_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it now raises ImportError
    layer.main()
    printed = capsys.readouterr().out
    assert "(torch 2.13.0, recorded)" in printed
    assert "... and no rotation     z yes   dx yes   dw yes" in printed
    assert "from 16 of 20 starts" in printed
