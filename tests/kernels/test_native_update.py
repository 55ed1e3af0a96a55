"""The compiled updates of SGD and Adam give the bits of the numpy engine, in place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import optim
from rot180.kernels import extension
from rot180.kernels.reference import update
from tests.kernels.conftest import THREADS
from tests.kernels.engines import on_native, on_native_or_numpy, on_numpy
from tests.kernels.layouts import sliced, transposed

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]
SIZES = (*range(40), 1000, (1 << 15) + 5)
Update = tuple[str, int, bool, Any]  # which, its arrays per parameter, whether the last of them is left out, the step

SGD = [
    (momentum, update.SgdStep(0.0123, decay, 0.9, gain, nesterov, maximize, first))
    for momentum, decay, gain, nesterov, maximize, first in product(
        (False, True), (0.0, 0.1), (1.0, 0.7), (False, True), (False, True), (False, True)
    )
]
ADAM = [
    (amsgrad, update.AdamStep(decay, 0.9, 0.1, 0.999, 0.001, 0.0447, 1e-8, 0.0123, maximize))
    for amsgrad, decay, maximize in product((False, True), (0.0, 0.1), (False, True))
]
UPDATES: list[Update] = [
    *(("sgd", 3, not momentum, step) for momentum, step in SGD),
    *(("adam", 5, not amsgrad, step) for amsgrad, step in ADAM),
]


def states(which: Update, sizes: Any, dtype: type) -> list[Any]:
    """Return lists of parameters, gradients and optimiser state; for Adam all state but m is positive."""
    name, count, without_last, _ = which
    lists: list[Any] = [[] for _ in range(count)]
    for size in sizes:
        rng = np.random.default_rng(size)
        made = rng.standard_normal((count, size)) * 10.0 ** rng.integers(-12, 4, (count, size))
        if name == "adam":
            made[3:] *= made[3:]
        for arrays, a in zip(lists, made.astype(dtype), strict=True):
            arrays.append(a.copy())
    return [*lists[:-1], None] if without_last else lists


def run(kernel: Callable[..., None], which: Update, lists: list[Any]) -> list[Any]:
    """Run an update on copies of the lists, assert that the gradients are unchanged, and return the copies."""
    copies = [None if arrays is None else [a.copy(order="K") for a in arrays] for arrays in lists]
    kernel(*copies, which[3], [(np.empty_like(a), np.empty_like(a)) for a in copies[0]])
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(copies[1], lists[1], strict=True))
    return copies


def bits(lists: list[Any]) -> list[bytes]:
    return [a.tobytes() for arrays in lists if arrays is not None for a in arrays]


def both(which: Update, lists: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the lists after the update of the numpy engine and after that of the native engine."""
    return run(getattr(on_numpy, which[0]), which, lists), run(getattr(on_native, which[0]), which, lists)


@pytest.mark.parametrize("dtype", DTYPES)
def test_updates_have_the_bits_of_the_numpy_engine(isa: str, dtype: type) -> None:
    """No multiply-add is fused: one in a hundred results would differ."""
    for which in UPDATES:
        expected, found = both(which, states(which, SIZES, dtype))
        assert bits(found) == bits(expected), which


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinity(isa: str, dtype: type) -> None:
    special = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0], dtype)
    v, most = (a.ravel() for a in np.meshgrid(abs(special), abs(special)))
    for which in UPDATES:
        ones, g = np.ones(25, dtype), np.tile(special, 5)
        lists: list[Any] = [[ones], [g], [ones], [v], [most]] if which[0] == "adam" else [[v], [g], [most]]
        with np.errstate(invalid="ignore"):
            expected, found = both(which, [*lists[:-1], None] if which[2] else lists)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(b, a, err_msg=str(which))


def test_velocities_are_not_read_in_the_first_step(isa: str) -> None:
    v = np.full(50, np.nan, np.float32)
    d, g = np.ones((2, 50), np.float32)
    step = update.SgdStep(0.5, 0.0, 0.9, 0.1, False, False, True)
    on_native.sgd([d], [g], [v], step, [(v, v)])
    assert np.array_equal(v, g) and np.array_equal(d, np.full(50, 0.5))


@pytest.mark.parametrize("which", [UPDATES[-1], UPDATES[-9]], ids=lambda which: which[0])
def test_results_do_not_depend_on_the_number_of_threads(isa: str, threads: Any, which: Update) -> None:
    found = set()
    for n in THREADS:
        threads(n)
        lists = states(which, (200_000, 3, 70_000), np.float32)
        found.add(b"".join(bits(run(getattr(on_native, which[0]), which, lists))))
    assert len(found) == 1


@pytest.mark.parametrize("which", [UPDATES[-1], UPDATES[-9]], ids=lambda which: which[0])
@pytest.mark.parametrize("layout", [transposed, sliced])
def test_parameters_that_are_not_contiguous_are_updated_by_numpy(layout: Any, which: Update) -> None:
    lists = [[a.reshape(4, 15) for a in arrays] for arrays in states(which, (60, 60), np.float32)]
    expected = run(getattr(on_numpy, which[0]), which, lists)
    lists[0][1] = layout(lists[0][1])
    found = run(getattr(on_native_or_numpy, which[0]), which, lists)
    assert all(np.array_equal(a, b) for pair in zip(expected, found, strict=True) for a, b in zip(*pair, strict=True))


@pytest.mark.parametrize("which", [UPDATES[-1], UPDATES[-9]], ids=lambda which: which[0])
def test_a_read_only_parameter_is_the_error_of_numpy(which: Update) -> None:
    lists = states(which, (5,), np.float32)
    lists[0][0].flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        getattr(on_native_or_numpy, which[0])(*lists, which[3], [(np.empty(5, np.float32), np.empty(5, np.float32))])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (optim.SGD, {}), (optim.SGD, {"momentum": 0.9, "dampening": 0.2}),
        (optim.SGD, {"momentum": 0.9, "nesterov": True}),
        (optim.Adam, {}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {}), (optim.AdamW, {"amsgrad": True}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("maximize", [False, True])
def test_both_engines_take_the_same_steps(kind: Any, options: dict[str, Any], maximize: bool) -> None:
    """The second parameter gets its first gradient later, and the third has another dtype."""
    ends = []
    for engine in ("numpy", "native"):
        with rot180.engine(engine):
            rng = np.random.default_rng(0)
            made = [rng.standard_normal((7, 5, 3)).astype(dtype) for dtype in (np.float32, np.float32, np.float64)]
            params = [rot180.tensor(a, requires_grad=True) for a in made]
            optimizer = kind(params, lr=0.01, weight_decay=0.1, maximize=maximize, **options)
            for i in range(20):
                for p in params[:: 2 if i < 5 else 1]:
                    p.grad = rot180.tensor(rng.standard_normal((7, 5, 3)).astype(p.dtype))
                optimizer.step()
            ends.append([p.data.tobytes() for p in params])
    assert ends[0] == ends[1]


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    a, short = np.zeros(4), np.zeros(3)
    compiled = extension.compiled
    numbers, choices = (0.0,) * 4, (False,) * 3
    for g, v in (([short], None), ([a, a], None), ([a], [short]), ([a], [])):
        with pytest.raises(ValueError, match="the same size"):
            compiled.sgd([a.copy()], g, v, numbers, choices)
    for wrong in range(1, 5):
        arrays = [[short if i == wrong else a.copy()] for i in range(5)]
        with pytest.raises(ValueError, match="the same size"):
            compiled.adam(*arrays, (0.0,) * 8, False)
