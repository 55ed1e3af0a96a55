"""One battery for all ops and layers: every row of the registry goes through every test here.

The tests of one row overlap, so `make test` runs a choice and `make test-all` runs them all: of several layouts or
engines each row takes one in turn, and finite differences judge the rows that PyTorch's recorded values do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import Tensor, check
from rot180.kernels import extension

from . import table
from .case import Case, Layer, is_float, locked
from .digest import difference
from .recorded import VALUES, is_recorded
from .registry import CASES

CLOSE = 1e-12  # relative to the largest entry; float64 sums of some hundred terms
EVERY_ENTRY = 150  # inputs up to this size are checked entry by entry, larger ones along random directions
ENGINES = ["numpy", *([] if extension.unavailable() else ["native"])]
FIRST_OF_ITS_OP = {case.op: case.id for case in reversed(CASES) if case.order > 1}


def rows(condition: Callable[[Case], Any] = lambda case: True, fast: Callable[[Case], Any] = lambda case: True) -> Any:
    """Parametrize with the rows that fulfil `condition`; those that do not fulfil `fast` are slow."""
    chosen = [case for case in CASES if condition(case)]
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.id, marks=() if fast(case) else pytest.mark.slow) for case in chosen]
    )


def rows_in_turn(name: str, values: Sequence[Any], condition: Callable[[Case], Any] = lambda case: True) -> Any:
    """Parametrize with every row and value; `make test` runs one value per row, chosen by the row's seed."""
    return pytest.mark.parametrize(
        ("case", name),
        [
            pytest.param(
                case,
                value,
                id=f"{case.id}-{getattr(value, '__name__', value)}",
                marks=() if i == case.seed % len(values) else pytest.mark.slow,
            )
            for case in CASES
            if condition(case)
            for i, value in enumerate(values)
        ],
    )


_results: dict[tuple[str, str], tuple[list[np.ndarray], list[np.ndarray]]] = {}


def result(case: Case, engine: str = ENGINES[-1]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(outputs, gradients) of the row in float64, computed once per engine and read-only."""
    key = case.id, engine
    if key not in _results:
        with rot180.engine(engine):
            outputs, grads = case.run(case.make())
        _results[key] = list(map(locked, outputs)), list(map(locked, grads))
    return _results[key]


def assert_close(found: Sequence[np.ndarray], expected: Sequence[np.ndarray], tolerance: float = CLOSE) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max(initial=0.0))


# ---- values and gradients ----


@rows(is_recorded)
def test_outputs_and_gradients_match_pytorch(case: Case, request: pytest.FixtureRequest) -> None:
    recorded = [digest for part in VALUES[case.id] for digest in part]
    for engine in ENGINES:
        found = [a for part in result(case, engine) for a in part]
        errors = [difference(a, digest) for a, digest in zip(found, recorded, strict=True)]
        table.note(request, case, table.PEER, max(errors))
        assert all(error < CLOSE for error in errors), (engine, errors)


@rows(lambda case: case.order > 0, fast=lambda case: not is_recorded(case))
def test_gradients_match_differences(case: Case, request: pytest.FixtureRequest) -> None:
    inputs = case.make()
    mode = "full" if sum(a.size for a in inputs) <= EVERY_ENTRY else "random"
    report = check.gradients(lambda *xs: tuple(case.call(xs)), *inputs, mode=mode, directions=12, seed=case.seed)
    table.note(request, case, table.FIRST, report.worst)
    assert report.ok, str(report)
    assert report.compared or not any(a.size for a in inputs) or case.label == "ties", str(report)


@rows(lambda case: case.order > 1, fast=lambda case: not is_recorded(case) or case.id == FIRST_OF_ITS_OP[case.op])
def test_second_order_matches_differences(case: Case, request: pytest.FixtureRequest) -> None:
    report = check.gradients(
        lambda *xs: tuple(case.call(xs)), *case.make(), order=2, mode="random", directions=3, seed=case.seed
    )
    table.note(request, case, table.SECOND, report.worst)
    assert report.ok, str(report)


@rows(lambda case: isinstance(case.ours, Layer), fast=lambda case: not is_recorded(case))
def test_gradients_of_the_module_match_differences(case: Case) -> None:
    """`check.gradients` on the Module itself finds the parameters, and leaves them as they were."""
    assert isinstance(case.ours, Layer)
    module = case.ours.build()
    before = {name: p.data.copy() for name, p in module.named_parameters()}
    inputs = case.make()[: len(case.make()) - len(before)]
    report = check.gradients(module, *inputs, mode="random", directions=3, seed=case.seed)
    assert report.ok, str(report)
    assert report.op == case.op
    after = {name: p.data for name, p in module.named_parameters()}
    assert all(after[name].dtype == np.float32 and np.array_equal(after[name], before[name]) for name in before)


@rows()
def test_engines_agree(case: Case) -> None:
    """Entry by entry, where the recorded values are a digest."""
    outputs, grads = result(case, "numpy")
    for engine in ENGINES[1:]:
        found, found_grads = result(case, engine)
        assert_close([*found, *found_grads], [*outputs, *grads])


# ---- the ways to a gradient: rot180.grad, with create_graph, and .backward() ----


@rows_in_turn("engine", ENGINES)
def test_a_recorded_sweep_gives_the_same_gradients(case: Case, engine: str) -> None:
    """`create_graph=True` runs the vjp on Tensors, where an op may have another for arrays."""
    with rot180.engine(engine):
        outputs, grads = case.run(case.make(), create_graph=True)
    assert_close([*outputs, *grads], [a for part in result(case, engine) for a in part])


@rows()
def test_backward_gives_the_same_gradients(case: Case) -> None:
    """From cotangents of the caller, and from those that the sweep owns and may overwrite."""
    for engine in ENGINES:
        _, grads = result(case, engine)
        inputs = case.make()
        with rot180.engine(engine):
            given = case.run_backward(inputs)
            owned, again = case.run_backward_of_a_loss(inputs)
        for found in (given, owned, again):
            assert_close(found, grads)
        assert all(np.array_equal(a, b) for a, b in zip(inputs, case.make(), strict=True))


@rows_in_turn("engine", ENGINES)
def test_fresh_gradients_are_new_arrays(case: Case, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep writes to gradients of a `fresh` op: they must not share memory with anything else."""

    def watched(vjp: Any) -> Any:
        def call(g: Any, needs: Any, *saved: Any) -> Any:
            gradients = vjp(g, needs, *saved)
            parts = [part for value in (g, *saved) for part in (value if isinstance(value, tuple) else (value,))]
            others = [a for a in parts if isinstance(a, np.ndarray)]
            for a in gradients:
                if isinstance(a, np.ndarray):
                    assert a.flags.writeable and not any(np.shares_memory(a, other) for other in others)
                    others.append(a)
            return gradients

        return call

    ops: set[Any] = set()
    with rot180.engine(engine):
        with rot180.observe(lambda op, inputs, settings, output: ops.add(output.node and output.node.op)):
            case.call([Tensor(a, requires_grad=is_float(a)) for a in case.make()])
        for op in ops:
            if op is not None and op.fresh:
                name = "vjp" if op.array_vjp is None else "array_vjp"
                monkeypatch.setattr(op, name, watched(getattr(op, name)))
        case.run(case.make())


# ---- dtypes, memory, arrays and Tensors ----


@rows_in_turn("engine", ENGINES)
def test_float32_stays_float32(case: Case, engine: str) -> None:
    outputs, grads = result(case, engine)
    with rot180.engine(engine):
        single, single_grads = case.run(case.make(), np.float32)
    for a, b in zip([*single, *single_grads], [*outputs, *grads], strict=True):
        assert a.dtype == (np.float32 if is_float(b) else b.dtype)
        scale = 1e-30 + np.abs(b).max(initial=0.0)
        assert np.abs(a - b).max(initial=0.0) <= 1e-4 * max(scale, 1.0)
    for b in [*outputs, *grads]:
        assert b.dtype == np.float64 or not is_float(b)


def strided(a: np.ndarray) -> np.ndarray:
    """The same values with gaps between them and a negative step."""
    if not a.ndim:
        return a
    wide = np.full(tuple(2 * n for n in a.shape), 7, a.dtype)
    view = wide[(slice(None, None, 2),) * a.ndim][::-1]
    view[...] = a
    return view


def batch_last(a: np.ndarray) -> np.ndarray:
    """The same values with axis 0 innermost in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 0, -1)), -1, 0) if a.ndim else a


def fortran(a: np.ndarray) -> np.ndarray:
    return np.asfortranarray(a) if a.ndim else a


@rows_in_turn("layout", [strided, batch_last, fortran])
def test_the_layout_in_memory_does_not_matter(case: Case, layout: Any) -> None:
    found, found_grads = case.run([layout(a) for a in case.make()])
    assert_close([*found, *found_grads], [a for part in result(case) for a in part])


@rows(lambda case: case.arrays)
def test_arrays_give_the_same_arrays(case: Case) -> None:
    """Without a tape the inputs, which are read-only, give the same outputs."""
    outputs, _ = result(case)
    found = case.call([locked(a) for a in case.make()])
    assert all(isinstance(y, np.ndarray | np.generic) for y in found)
    assert all(np.array_equal(y, b) and y.dtype == b.dtype for y, b in zip(found, outputs, strict=True))


@rows()
def test_outputs_require_no_gradient_if_inputs_do_not(case: Case) -> None:
    for y in case.call([Tensor(a) for a in case.make()]):
        assert type(y) is Tensor and not y.requires_grad
    with rot180.no_grad():
        inputs = [Tensor(a, requires_grad=is_float(a)) for a in case.make()]
        for y in case.call(inputs):
            assert not y.requires_grad or any(y is x for x in inputs)  # an op may return its input


@rows(lambda case: case.unbatched)
def test_an_input_without_a_batch(case: Case) -> None:
    first, *others = case.make()
    outputs, grads = case.run([first[:1], *others])
    found, found_grads = case.run([first[0], *others])
    assert_close(found, [y[0] for y in outputs])
    assert_close(found_grads, [grads[0][0], *grads[1:]])


@rows(lambda case: case.batch)
def test_an_empty_batch(case: Case) -> None:
    inputs = [a[:0] if i in case.batch else a for i, a in enumerate(case.make())]
    full, _ = result(case)
    outputs, grads = case.run(inputs)
    assert outputs[0].size == 0 and outputs[0].ndim == full[0].ndim
    floats = [a for a in inputs if is_float(a)]
    assert [g.shape for g in grads] == [a.shape for a in floats]
    assert all(not g.any() for g in grads)
