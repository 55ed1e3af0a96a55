"""Gradients of a forward by differences: exact or bounded, guessed or measured, and never more calls than allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.adapter.code import Refused
from rot180.check.judging import numerical
from rot180.check.operations.case import Problem

MOST_LINES = 1 + 2 * numerical.LINES + numerical.LINES * 2  # forwards for one gradient of an affine forward that fits


@dataclass
class Counted:
    """Code whose forward is a function of (definition, arrays, case), and the number of its calls."""

    op: str
    function: Callable[..., Any] = lambda definition, arrays, case: definition.forward(arrays, case)
    calls: list[Problem] = field(default_factory=list)

    @property
    def definition(self) -> Any:
        return operations.find(self.op)

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(self.definition.arguments)

    def value(self, problem: Problem, arrays: Any) -> Any:
        self.calls.append(problem)
        return self.function(self.definition, arrays, problem.case)

    def values(self, problem: Problem, changed: Any, count: int) -> list[Any]:
        rows = ({name: stack[row] for name, stack in changed.items()} for row in range(count))
        return [self.value(problem, {**problem.arrays, **row}) for row in rows]


def problems(code: Any) -> list[Problem]:
    return [code.definition.problem(case, 3, 1.0) for case in code.definition.cases({}, ("stride",), "correlation")]


def measure(code: Any, guesses: Any = numerical.NO_GUESSES, **options: Any) -> tuple[Problem, Any]:
    problem = problems(code)[1]
    y = code.value(problem, problem.arrays)
    code.calls.clear()
    return problem, numerical.gradients(code, problem, y, guesses, **{"work": np.inf, **options})


def definitions(code: Any, problem: Problem) -> dict[str, Any]:
    return code.definition.gradients(problem.dy, problem.arrays, problem.case)  # type: ignore[no-any-return]


def test_an_affine_forward_has_exact_gradients() -> None:
    code = Counted("conv2d")
    problem, found = measure(code)
    for name, gradient in definitions(code, problem).items():
        assert np.array_equal(found.gradients[name], gradient)
    assert not found.error_bound and found.forwards == len(code.calls)


def test_gradients_that_fit_need_few_calls() -> None:
    code = Counted("conv2d")
    problem = problems(code)[1]
    guesses = definitions(code, problem)
    _, found = measure(code, guesses)
    assert all(np.array_equal(found.gradients[name], guess) for name, guess in guesses.items())
    assert len(code.calls) <= 3 * MOST_LINES


@pytest.mark.parametrize("op", ["conv2d", "tanh"])
@pytest.mark.parametrize("cell", [0, 7])
def test_a_guess_with_one_wrong_cell_is_not_taken(op: str, cell: int) -> None:
    code = Counted(op)
    problem = problems(code)[1]
    right = definitions(code, problem)
    wrong = right["x"].copy()
    wrong.flat[cell] += 1 / 64
    _, found = measure(code, {**right, "x": wrong})
    np.testing.assert_allclose(found.gradients["x"], right["x"], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("op", ["tanh", "layer_norm", "softmax_cross_entropy"])
def test_smooth_forwards_have_gradients_with_bounds(op: str) -> None:
    code = Counted(op)
    problem, found = measure(code)
    for name, gradient in definitions(code, problem).items():
        assert np.all(np.abs(found.gradients[name] - gradient) <= found.error_bound[name])
        assert found.error_bound[name].max() < 1e-5


def test_a_guess_of_a_smooth_forward_that_fits_is_taken() -> None:
    code = Counted("tanh")
    guess = definitions(code, problems(code)[1])["x"]
    _, found = measure(code, {"x": guess})
    assert found.gradients["x"] is not None and np.array_equal(found.gradients["x"], guess)
    assert not found.error_bound["x"].any()
    assert len(code.calls) < guess.size


@pytest.mark.parametrize("guess", [np.zeros(3), np.full((2, 3), np.nan), None])
def test_a_guess_of_another_shape_or_with_nan_is_not_taken(guess: Any) -> None:
    code = Counted("tanh")
    problem, found = measure(code, {"x": guess})
    np.testing.assert_allclose(found.gradients["x"], definitions(code, problem)["x"], rtol=1e-6, atol=1e-8)


def test_cells_at_a_kink_are_unknown_and_counted() -> None:
    code = Counted("relu", lambda definition, arrays, case: np.abs(arrays["x"] - arrays["x"].flat[0]))
    problem, found = measure(code)
    same = problem.arrays["x"] == problem.arrays["x"].flat[0]
    assert found.kinks == np.isinf(found.error_bound["x"]).sum() >= same.sum() > 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_forward_that_is_not_finite_is_not_measured(value: float) -> None:
    code = Counted("conv2d", lambda definition, arrays, case: np.full(definition.y_shape(case), value))
    _, found = measure(code)
    assert all(np.isinf(bound).all() for bound in found.error_bound.values()) and not code.calls


def test_a_forward_that_changes_from_call_to_call_is_not_measured() -> None:
    rng = np.random.default_rng(0)
    code = Counted("conv2d", lambda definition, arrays, case: rng.random(definition.y_shape(case)))
    _, found = measure(code)
    assert set(found.error_bound) == {"x", "w", "b"} and len(code.calls) == 1
    assert all(np.isinf(bound).all() for bound in found.error_bound.values())


def test_only_some_gradients() -> None:
    code = Counted("conv2d")
    problem, found = measure(code, names=["w"])
    assert list(found.gradients) == ["w"]
    assert len(code.calls) <= MOST_LINES + problem.arrays["w"].size


def test_another_shape_for_other_numbers_is_refused() -> None:
    x = problems(Counted("conv2d"))[1].arrays["x"]

    def forward(definition: Any, arrays: Any, case: Any) -> Any:
        y = definition.forward(arrays, case)
        return y if np.array_equal(arrays["x"], x) else y[:, :1]

    with pytest.raises(Refused, match=r"the result has shape .*, and .* for other inputs of the same shape"):
        measure(Counted("conv2d", forward), names=["x"])


def test_float32_results_have_wider_bounds() -> None:
    code = Counted("tanh", lambda definition, arrays, case: np.tanh(arrays["x"]).astype(np.float32))
    problem, found = measure(code)
    error = np.abs(found.gradients["x"] - definitions(code, problem)["x"])
    assert np.all(error <= found.error_bound["x"]) and found.error_bound["x"].max() < 0.2
    _, guessed = measure(code, definitions(code, problem))
    assert not guessed.error_bound["x"].any()


# ---- limits ----


@pytest.mark.parametrize("function", [lambda d, a, c: d.forward(a, c), lambda d, a, c: np.tanh(d.forward(a, c) / 9)])
def test_gradients_that_need_too_many_calls_are_unknown_the_largest_array_first(function: Any) -> None:
    code = Counted("conv2d", function)
    problem = problems(code)[1]
    work = problem.dy.size * problem.arrays["w"][0].size
    _, found = measure(code, work=250 * work)
    assert len(code.calls) <= 250
    assert np.isinf(found.error_bound["x"]).all()
    assert np.isfinite(found.error_bound.get("b", np.zeros(1))).all()
    np.testing.assert_allclose(found.gradients["b"], measure(code, names=["b"])[1].gradients["b"], atol=1e-6)


@pytest.mark.parametrize("op", ["conv2d", "conv3d", "conv_transpose3d"])
@pytest.mark.parametrize("power", [1, 2])
def test_all_problems_together_are_limited(op: str, power: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerical, "MOST_WORK", 6e5)
    code = Counted(op, lambda definition, arrays, case: definition.forward(arrays, case) ** power)
    points = [(problem, code.value(problem, problem.arrays), {}) for problem in problems(code)]
    code.calls.clear()
    found = numerical.gradients_of_all(code, points)
    work = sum(problem.dy.size * problem.arrays["w"][0].size for problem in code.calls)
    slowest = max(problem.dy.size * problem.arrays["w"][0].size for problem, *_ in points)
    assert work <= numerical.MOST_WORK + numerical.LEAST * slowest
    known = [own is not None and not np.isinf(own.error_bound.get("b", np.zeros(1))).any() for own in found]
    assert any(known) and not all(known)


def test_what_is_measured_does_not_depend_on_the_order() -> None:
    code = Counted("conv2d")
    points = [(problem, code.value(problem, problem.arrays), {}) for problem in problems(code)]
    forth, back = (numerical.gradients_of_all(code, p) for p in (points, points[::-1]))
    assert [own and own.forwards for own in forth] == [own and own.forwards for own in back[::-1]]


def test_without_code_to_call_there_are_no_gradients() -> None:
    def refuse(*_: Any) -> Any:
        raise Refused("there is no code")

    code = Counted("conv3d", refuse)
    points = [(problem, problem.dy, {}) for problem in problems(code)]
    assert numerical.gradients_of_all(code, points) == [None] * len(points)


def test_problems_of_integers_come_first() -> None:
    code = Counted("conv2d")
    whole = problems(code)
    points = [(replace(p, unit=0.25), code.value(p, p.arrays), {}) for p in whole]
    points += [(p, code.value(p, p.arrays), {}) for p in whole]
    found = numerical.gradients_of_all(code, points)
    measured = [own is not None and own.forwards > 0 for own in found]
    assert sum(measured[len(whole) :]) > sum(measured[: len(whole)])
