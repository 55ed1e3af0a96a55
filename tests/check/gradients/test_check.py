"""check.gradients: right gradients pass, wrong ones are located, kinks are notes, and misuse is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor, check, primitive
from rot180.errors import DtypeError, GradientError

MODES = ("full", "random")


def arrays(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def matmul_with(vjp: Any) -> Any:
    """a @ b for matrices, with another vjp."""

    @primitive(arrays=2, keep=("a", "b"))
    def product(a, b):
        return a @ b

    product.vjp(vjp)
    return product


def right(g, needs, output, a, b):
    return g @ b.swapaxes(0, 1), a.swapaxes(0, 1) @ g


def wrong_factor(g, needs, output, a, b):
    return g @ b.swapaxes(0, 1), 2.0 * (a.swapaxes(0, 1) @ g)


def transposed(g, needs, output, a, b):
    return g @ b.swapaxes(0, 1), (a.swapaxes(0, 1) @ g).swapaxes(0, 1)


def one_entry(g, needs, output, a, b):
    factor = np.ones((3, 3))
    factor[2, 1] = 1 + 1e-6
    return g @ b.swapaxes(0, 1), (a.swapaxes(0, 1) @ g) * factor


def nan_entry(g, needs, output, a, b):
    return g @ b.swapaxes(0, 1), (a.swapaxes(0, 1) @ g) * np.where(np.arange(9).reshape(3, 3) == 7, np.nan, 1.0)


def dropped(g, needs, output, a, b):
    return g @ b.swapaxes(0, 1), None


# ---- right ones pass ----


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2])
def test_right_gradients_pass(mode: str, order: int) -> None:
    report = check.gradients(F.conv2d, *arrays(0, (2, 2, 4, 5), (3, 2, 3, 2), (3,)), order=order, mode=mode)
    assert report.ok and report and not report.notes
    assert report.compared == (
        {1: 80 + 36 + 3, 2: 80 + 36 + 3 + 48}[order] if mode == "full" else {1: 24, 2: 32}[order]
    )
    assert report.worst <= 1
    assert (report.op, report.order, report.mode, report.seed) == ("conv2d", order, mode, 0)


@pytest.mark.parametrize("mode", MODES)
def test_no_false_alarms(mode: str) -> None:
    def smooth(x, w):
        return F.log_softmax(F.tanh(x @ w) * (x.exp() + 1.0).log(), 1).sum(0), (x * x + 1e-3).sqrt() / (w * w + 0.1)

    for seed in range(12):
        x, w = arrays(seed, (3, 3), (3, 3))
        for order in (1, 2):
            report = check.gradients(smooth, x * 10.0 ** (seed % 5 - 2), w, order=order, mode=mode, seed=seed)
            assert report.ok and not report.notes, f"seed {seed}\n{report}"


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: F.softmax(x, 0).sum(),  # constant: values and gradients are rounding alone
        lambda x: (x + 1e6) - 1e6,  # rounding far above that of the result
        lambda x: (x * 1e-9).sin(),
        lambda x: (x * 300.0).exp() * 1e-20,
        lambda x: x * 0.0,
    ],
)
@pytest.mark.parametrize("order", [1, 2])
def test_rounding_is_not_a_fault(fn: Any, order: int) -> None:
    for seed in range(10):
        report = check.gradients(fn, *arrays(seed, (6,)), order=order, seed=seed)
        assert report.ok, str(report)


def test_small_entries_get_small_steps() -> None:
    report = check.gradients(lambda x: x.log(), np.array([1e-8, 1e-3, 1.0, 1e6]))
    assert report.ok and report.compared == 4


# ---- wrong ones are caught ----


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("vjp", [wrong_factor, transposed, one_entry, nan_entry, dropped])
def test_wrong_vjp_is_caught(vjp: Any, mode: str) -> None:
    for seed in range(5):
        report = check.gradients(matmul_with(vjp), *arrays(seed, (3, 3), (3, 3)), mode=mode, seed=seed)
        assert not report.ok
        assert [f.argument for f in report.failures] == ["b"]
        if vjp is one_entry:
            assert report.failures[0].index == (2, 1)
        if vjp is nan_entry:
            assert report.failures[0].slug == "not-finite"
            assert report.failures[0].index == (2, 1)


def test_same_function_with_the_right_vjp_passes() -> None:
    assert check.gradients(matmul_with(right), *arrays(0, (3, 3), (3, 3))).ok


@primitive(keep=("x",))
def square(x):
    return x * x


@square.vjp
def square_vjp(g, needs, output, x):
    """Right at first order; at second order the recorded factor is a constant."""
    return (g * 2.0 * (x.detach() if isinstance(x, Tensor) else x),)


@pytest.mark.parametrize("mode", MODES)
def test_mistake_only_at_second_order_is_caught_there(mode: str) -> None:
    (x,) = arrays(1, (4,))
    assert check.gradients(square, x, mode=mode).ok
    report = check.gradients(square, x, order=2, mode=mode)
    assert [f.argument for f in report.failures] == ["x"]
    assert "assumes that they are right" in str(report)


def test_forgotten_cotangent_is_caught() -> None:
    @primitive()
    def double(x):
        return 2 * x

    @double.vjp
    def double_vjp(g, needs, output, x):
        return (g * 0.0 + 2.0,)

    assert not check.gradients(double, *arrays(0, (3,))).ok


def test_gradient_of_the_wrong_shape_is_caught() -> None:
    @primitive(arrays=2, keep=("a",))
    def add_row(a, b):
        return a + b

    @add_row.vjp
    def add_row_vjp(g, needs, output, a, b):
        return g, g

    report = check.gradients(add_row, *arrays(0, (2, 3), (3,)))
    assert [(f.slug, f.argument) for f in report.failures] == [("wrong-shape", "b")]
    assert "(2, 3) for (3,)" in str(report)


def test_contents_of_the_report() -> None:
    text = str(check.gradients(matmul_with(one_entry), *arrays(3, (3, 3), (3, 3)), seed=3))
    for part in ("product", "order 1", "WRONG", "wrong-gradient: b", "1 of 9 entries, worst at [2, 1]", "seed 3"):
        assert part in text
    assert re.search(r"gradient +[+-][\d.e+-]+ +error [\d.e+-]+, bound [\d.e+-]+\n", text)
    assert re.search(r"numerical +[+-][\d.e+-]+ +eps 7.63e-06, kink near: no", text)


def test_assert_gradients_raises_with_the_report() -> None:
    check.assert_gradients(matmul_with(right), *arrays(0, (3, 3), (3, 3)), order=2)
    with pytest.raises(GradientError, match=r"product: gradients of order 1 are WRONG(.|\n)*wrong-gradient: b"):
        check.assert_gradients(matmul_with(wrong_factor), *arrays(0, (3, 3), (3, 3)))


# ---- kinks ----


def test_kinks_are_notes() -> None:
    x = np.array([0.0, 1.0, -1.0, 0.0, 2.0])
    report = check.gradients(F.relu, x)
    assert report.ok and report.compared == 3
    (note,) = report.notes
    assert (note.slug, note.argument, note.index, note.count, note.total) == ("at-a-kink", "input", (0,), 2, 5)
    assert note.left == 0 and abs(note.right) >= 0.5
    assert "at-a-kink: input (2 of 5 entries, first at [0])" in str(report)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("fn", [F.relu, abs, lambda x: rot180.maximum(x, -x), lambda x: x.clamp(0.0, 5.0)])
def test_wide_kink_is_a_note_at_both_orders(fn: Any, order: int) -> None:
    report = check.gradients(fn, np.array([0.0, 1.5, -1.5]), order=order)
    assert report.ok, str(report)
    assert [note.slug for note in report.notes] == ["at-a-kink"]


def test_ties_of_max_pooling_are_notes() -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    x[0, 0, 0, :2] = x[0, 0, 1, :2] = 7.0
    report = check.gradients(lambda x: F.max_pool2d(x, 2), x)
    assert report.ok
    assert [note.count for note in report.notes] == [4]


@pytest.mark.parametrize("distance", [1e-5, 1e-6, 1e-7])
def test_smaller_steps_avoid_a_near_kink(distance: float) -> None:
    report = check.gradients(F.relu, np.array([distance, -distance, 1.0]))
    assert report.ok and report.compared == 3 and not report.notes


def test_wrong_gradient_near_a_kink_is_caught_with_the_kink() -> None:
    @primitive(keep=("x",))
    def ramp(x):
        return np.maximum(x, 0)

    @ramp.vjp
    def ramp_vjp(g, needs, output, x):
        return (g * (x > 0) * 1.01,)

    report = check.gradients(ramp, np.array([5e-6, -1.0]))
    assert report.failures[0].kink_near
    assert "kink near: yes" in str(report)
    assert not check.gradients(ramp, np.array([1.0, -1.0])).failures[0].kink_near


# ---- arguments ----


def test_float32_inputs_are_checked_in_float64_and_left_alone() -> None:
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    t = Tensor(x.T, requires_grad=True)
    before = x.copy()
    report = check.gradients(lambda a, b: F.tanh(a) @ b, x, t)
    assert report.ok and report.worst <= 1
    assert np.array_equal(x, before) and t.grad is None and t.dtype == np.float32


def test_integers_and_numbers_are_not_checked() -> None:
    report = check.gradients(F.nll_loss, *arrays(0, (3, 4)), np.array([0, 3, 1]), None)
    assert report.ok and report.compared == 12


def test_unused_inputs_are_notes() -> None:
    report = check.gradients(lambda x, y: x * 2.0, *arrays(0, (3,), (2,)))
    assert report.ok
    assert [(note.slug, note.argument) for note in report.notes] == [("unused", "y")]


def test_function_that_drops_the_graph_is_wrong() -> None:
    report = check.gradients(lambda x: (x * x).detach(), *arrays(0, (3,)))
    assert [f.argument for f in report.failures] == ["x"]
    assert "this argument gets no gradient, although the function depends on it" in report.render()


def test_float32_buffer_inside_is_reported() -> None:
    @primitive(keep=("x",))
    def rounded(x):
        return np.sin(x.astype(np.float32)).astype(np.float64)

    @rounded.vjp
    def rounded_vjp(g, needs, output, x):
        return (g * rot180.cos(x),)

    (x,) = arrays(5, (4, 5))
    for mode in MODES:
        report = check.gradients(rounded, x, mode=mode)
        assert "coarse" in [note.slug for note in report.notes]
        assert "an intermediate result that is rounded to float32" in report.render()


def test_wrong_gradient_alone_is_not_coarse() -> None:
    report = check.gradients(matmul_with(wrong_factor), *arrays(5, (4, 3), (3, 3)))
    assert not report.ok and not report.notes


def test_report_without_comparisons_is_not_right() -> None:
    for x in (np.zeros((0, 3)), np.zeros(3)):
        report = check.gradients(F.relu, x)
        assert report.ok and not report.compared
        assert "gradients of order 1 are NOT COMPARED with anything (0 entries compared" in report.render()


def test_several_outputs() -> None:
    def two(x, y):
        values, indices = x.max(0)
        return x * y, y.exp(), values, indices

    for order in (1, 2):
        assert check.gradients(two, *arrays(0, (3, 2), (3, 2)), order=order).ok


def test_empty_inputs_have_nothing_to_compare() -> None:
    report = check.gradients(lambda x: x * 2.0, np.zeros((0, 3)))
    assert report.ok and report.compared == 0


def test_names_of_variadic_functions() -> None:
    report = check.gradients(lambda *xs: rot180.cat([x.detach() for x in xs]), *arrays(0, (2,), (2,)))
    assert [f.argument for f in report.failures] == ["input 0", "input 1"]


def test_dropout_repeats_and_the_random_state_is_restored() -> None:
    rot180.manual_seed(3)
    state = rot180.get_rng_state()
    assert check.gradients(lambda x: F.dropout(x, 0.5), *arrays(0, (20,))).ok
    assert repr(rot180.get_rng_state()) == repr(state)


@pytest.mark.parametrize(
    ("fn", "inputs", "error", "message"),
    [
        (lambda x: x.data, arrays(0, (2,)), GradientError, "returned ndarray for Tensors; it must return a Tensor"),
        (lambda x: None, arrays(0, (2,)), GradientError, "returned NoneType"),
        (lambda x: x.float(), arrays(0, (2,)), GradientError, "returned float32 for float64"),
        (lambda x: x.argmax(), arrays(0, (2,)), GradientError, "no float Tensor"),
        (lambda x: x / 0.0, arrays(0, (2,)), GradientError, "values that are not finite"),
        (
            lambda x: x * np.random.default_rng().random(2),
            arrays(0, (2,)),
            GradientError,
            "different values for the same",
        ),
        (lambda x: x, [np.array([1.0, np.nan])], GradientError, "argument 0 contains NaN or infinity"),
        (lambda x: x, [np.zeros(2, np.float16)], DtypeError, "argument 0 is float16"),
        (lambda x: x, [np.zeros(2, complex)], DtypeError, "argument 0 is complex128"),
        (lambda x: x, [[1.0, 2.0]], DtypeError, "argument 0 is a list"),
        (lambda x: x, [3], ValueError, "nothing to check"),
    ],
)
def test_unusable_functions_are_refused(fn: Any, inputs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check.gradients(fn, *inputs)


def test_function_that_changes_its_input_is_refused() -> None:
    def worse(x):
        x.data *= 2
        return x * 1.0

    (x,) = arrays(0, (3,))
    before = x.copy()
    with pytest.raises(GradientError, match="changes its argument x in place"):
        check.gradients(worse, x)
    assert np.array_equal(x, before)


def test_gradient_that_is_not_finite_is_refused_at_second_order() -> None:
    with pytest.raises(GradientError, match="gradients that are not finite"):
        check.gradients(lambda x: x.sqrt(), np.array([0.0, 1.0]), order=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": 3}, "order must be 1 or 2; got 3"),
        ({"mode": "some"}, "mode must be 'full' or 'random'; got 'some'"),
        ({"eps": 0.0}, "eps must be positive; got 0.0"),
        ({"directions": 0}, "directions must be at least 1; got 0"),
    ],
)
def test_settings_are_checked(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check.gradients(lambda x: x, np.ones(2), **settings)


def test_step_and_seed_are_used_and_reported() -> None:
    report = check.gradients(lambda x: x * 3.0, *arrays(0, (3,)), eps=1.0, seed=9)
    assert report.ok and report.eps == 1.0 and report.seed == 9
    assert "seed 9" in str(report)
