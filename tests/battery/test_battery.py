"""One battery for all ops and layers: every row of the registry goes through every test here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import Tensor, check
from rot180.kernels import native

from . import table
from .case import Case, Layer, is_float
from .digest import difference
from .registry import CASES

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))
CLOSE = 1e-12  # relative to the largest entry; float64 sums of some hundred terms
EVERY_ENTRY = 150  # inputs up to this size are checked entry by entry, larger ones along random directions
ENGINES = ["numpy", *([] if native.unavailable() else ["native"])]

every_row = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def rows(condition: Any) -> Any:
    chosen = [case for case in CASES if condition(case)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.id)


def assert_close(found: Sequence[np.ndarray], expected: Sequence[np.ndarray], tolerance: float = CLOSE) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max(initial=0.0))


@rows(lambda case: case.peer is not None)
def test_forward_and_gradients_are_pytorchs(case: Case) -> None:
    outputs, grads = RECORDED[case.id]
    found, found_grads = case.run(case.make())
    errors = [difference(a, recorded) for a, recorded in zip([*found, *found_grads], [*outputs, *grads], strict=True)]
    table.note(case, table.PEER, max(errors))
    assert max(errors) < CLOSE


@rows(lambda case: case.order > 0)
def test_gradients_by_differences(case: Case) -> None:
    inputs = case.make()
    mode = "full" if sum(a.size for a in inputs) <= EVERY_ENTRY else "random"
    report = check.gradients(lambda *xs: tuple(case.call(xs)), *inputs, mode=mode, directions=12, seed=case.seed)
    table.note(case, table.FIRST, report.worst)
    assert report.ok, str(report)
    assert report.compared or not any(a.size for a in inputs) or case.label == "ties", str(report)


@rows(lambda case: case.order > 1)
def test_second_order_by_differences(case: Case) -> None:
    report = check.gradients(
        lambda *xs: tuple(case.call(xs)), *case.make(), order=2, mode="random", directions=3, seed=case.seed
    )
    table.note(case, table.SECOND, report.worst)
    assert report.ok, str(report)


@rows(lambda case: isinstance(case.ours, Layer))
def test_gradients_of_the_module_itself(case: Case) -> None:
    assert isinstance(case.ours, Layer)
    module = case.ours.build()
    before = {name: p.data.copy() for name, p in module.named_parameters()}
    inputs = case.make()[: len(case.make()) - len(before)]
    report = check.gradients(module, *inputs, mode="random", directions=3, seed=case.seed)
    assert report.ok, str(report)
    assert report.op == case.op
    after = {name: p.data for name, p in module.named_parameters()}
    assert all(after[name].dtype == np.float32 and np.array_equal(after[name], before[name]) for name in before)


@every_row
def test_float32_stays_float32(case: Case) -> None:
    outputs, grads = case.run(case.make())
    single, single_grads = case.run(case.make(), np.float32)
    for a, b in zip([*single, *single_grads], [*outputs, *grads], strict=True):
        assert a.dtype == (np.float32 if is_float(b) else b.dtype)
        scale = 1e-30 + np.abs(b).max(initial=0.0)
        assert np.abs(a - b).max(initial=0.0) <= 1e-4 * max(scale, 1.0)
    for b in [*outputs, *grads]:
        assert b.dtype == np.float64 or not is_float(b)


@every_row
def test_inputs_are_not_changed(case: Case) -> None:
    """`run` gives read-only views, so a write would raise; here the arrays themselves are compared as well."""
    inputs = case.make()
    case.run(inputs)
    assert all(np.array_equal(a, b) for a, b in zip(inputs, case.make(), strict=True))


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


@pytest.mark.parametrize("layout", [strided, batch_last, fortran])
@every_row
def test_the_layout_in_memory_does_not_matter(case: Case, layout: Any) -> None:
    outputs, grads = case.run(case.make())
    found, found_grads = case.run([layout(a) for a in case.make()])
    assert_close([*found, *found_grads], [*outputs, *grads])


@rows(lambda case: case.arrays)
def test_arrays_give_the_same_arrays(case: Case) -> None:
    outputs, _ = case.run(case.make())
    found = case.call(case.make())
    assert all(isinstance(y, np.ndarray | np.generic) for y in found)
    assert all(np.array_equal(y, b) and y.dtype == b.dtype for y, b in zip(found, outputs, strict=True))


@every_row
def test_tensors_that_need_no_gradient_give_such_tensors(case: Case) -> None:
    for y in case.call([Tensor(a) for a in case.make()]):
        assert type(y) is Tensor and not y.requires_grad
    with rot180.no_grad():
        inputs = [Tensor(a, requires_grad=is_float(a)) for a in case.make()]
        for y in case.call(inputs):
            assert not y.requires_grad or any(y is x for x in inputs)  # an input handed on keeps what it is


@rows(lambda case: case.unbatched)
def test_an_input_without_a_batch(case: Case) -> None:
    first, *others = case.make()
    outputs, grads = case.run([first[:1], *others])
    found, found_grads = case.run([first[0], *others])
    assert_close(found, [y[0] for y in outputs])
    assert found_grads[0].shape == first.shape[1:]
    assert len(found_grads) == len(grads)


@rows(lambda case: case.batch)
def test_an_empty_batch(case: Case) -> None:
    inputs = [a[:0] if i in case.batch else a for i, a in enumerate(case.make())]
    full, _ = case.run(case.make())
    outputs, grads = case.run(inputs)
    assert outputs[0].size == 0 and outputs[0].ndim == full[0].ndim
    floats = [a for a in inputs if is_float(a)]
    assert [g.shape for g in grads] == [a.shape for a in floats]
    assert all(not g.any() for g in grads)


@every_row
def test_a_fast_vjp_is_the_vjp(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an op has a vjp for raw arrays beside the one for any order, both give the same."""
    ops: list[Any] = []
    with rot180.observe(lambda op, inputs, settings, output: ops.append(op)):
        _, grads = case.run(case.make())
    for op in ops:
        monkeypatch.setattr(op, "fast_vjp", None)
    assert_close(case.run(case.make())[1], grads)


@every_row
@pytest.mark.parametrize("engine", ENGINES)
def test_fresh_gradients_are_new_arrays(case: Case, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sweep writes to is nobody else's: no cotangent, no array that was kept, no other gradient."""

    def watched(vjp: Any) -> Any:
        def call(g: Any, needs: Any, *kept: Any) -> Any:
            gradients = vjp(g, needs, *kept)
            others = [a for a in (g, *kept) if isinstance(a, np.ndarray)]
            for a in gradients:
                if isinstance(a, np.ndarray):
                    assert a.flags.writeable and not any(np.shares_memory(a, other) for other in others)
                    others.append(a)
            return gradients

        return call

    ops: set[Any] = set()
    with rot180.engine(engine):
        with rot180.observe(lambda op, *call: ops.add(op)):
            case.run(case.make())
        for op in ops:
            if op.fresh:
                monkeypatch.setattr(op, "fast_vjp", watched(op.fast_vjp or op.vjp))
        case.run(case.make())


@every_row
def test_engines_agree(case: Case) -> None:
    with rot180.engine(ENGINES[0]):
        outputs, grads = case.run(case.make())
    for name in ENGINES[1:]:
        with rot180.engine(name):
            found, found_grads = case.run(case.make())
        assert_close([*found, *found_grads], [*outputs, *grads])
