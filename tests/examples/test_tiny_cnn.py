"""The text's figures, to nine digits, and that each rotation of its formula is needed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.examples.programs import load

tiny = load("tiny_cnn")
NINE_DIGITS = {"rtol": 1e-9, "atol": 1e-12}


def test_before_training_the_outputs_and_the_cost_are_the_texts() -> None:
    out = tiny.outputs(*tiny.initial_weights())
    np.testing.assert_allclose(out, [0.5, 0.003555011863, 0.000790229957, 0.000790162396], rtol=1e-9, atol=5e-13)
    assert tiny.cost(out, tiny.TARGETS).sum() == pytest.approx(1.284805003333, abs=5e-13)


def test_after_training_outputs_cost_and_weights_are_the_texts() -> None:
    w1, w2 = tiny.train(*tiny.initial_weights())
    out = tiny.outputs(w1, w2)
    np.testing.assert_allclose(out, [0.5, 0.771557893565, 0.982546022506, 0.982546339542], **NINE_DIGITS)
    assert tiny.cost(out, tiny.TARGETS).sum() == pytest.approx(0.012606738060, rel=1e-9)
    np.testing.assert_allclose(w1, [[3.631714089785, 2.262326472170], [6.672896785232, 4.483016223444]], **NINE_DIGITS)
    after = [-0.674552193185, 1.891681088228, -2.634638171152, 5.448107388646]
    np.testing.assert_allclose(w2.ravel(), after, **NINE_DIGITS)


def test_training_leaves_the_initial_weights_alone() -> None:
    w1, w2 = tiny.initial_weights()
    tiny.train(w1, w2, rounds=1)
    for given, drawn in zip((w1, w2), tiny.initial_weights(), strict=True):
        np.testing.assert_array_equal(given, drawn)


def test_true_convolution_turns_the_kernel() -> None:
    image = np.zeros((1, 1, 3, 3))
    image[0, 0, 1, 1] = 1  # a single point stamps the kernel as it stands, not turned
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(tiny.convolve(image, kernel)[0, 0], kernel)


def test_only_both_rotations_give_the_gradient() -> None:
    rng = np.random.default_rng(0)
    image, w1, w2 = rng.standard_normal((1, 1, 3, 3)), rng.standard_normal((2, 2)), rng.standard_normal((4, 1))
    numerical = tiny.numerical_gradient(lambda: tiny.cost(tiny.forward(image, w1, w2), 0.7).item(), w1)
    ways = tiny.kernel_gradients(image, tiny.error_at_z(image, 0.7, w1, w2))
    right = [bool(np.allclose(d, numerical, rtol=1e-6, atol=1e-10)) for d in ways.values()]
    assert right == [True, False, False, False, True]


def test_the_program_prints_the_numbers_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    tiny.main()
    printed = capsys.readouterr().out
    assert "summed cost 1.284805003333" in printed
    assert "summed cost 0.012606738060" in printed
    assert (printed.count("right"), printed.count("wrong")) == (2, 3)
