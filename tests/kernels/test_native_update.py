"""The compiled update of Adam: the bits of the numpy engine's, in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import optim
from rot180.kernels import native, update
from tests.kernels.conftest import THREADS
from tests.kernels.layouts import sliced, transposed

pytestmark = pytest.mark.skipif(native.unavailable() is not None, reason=f"no extension: {native.unavailable()}")

DTYPES = [np.float32, np.float64]


def numbers(dtype: type) -> update.AdamStep:
    return update.AdamStep(*[np.asarray(v, dtype) for v in (0.9, 0.1, 0.999, 0.001, 0.0447, 1e-8, 0.0123)])


def state(size: int, dtype: type, amsgrad: bool) -> list[Any]:
    """d, g, m, v and perhaps the largest v."""
    rng = np.random.default_rng(size)
    d, g, m, v, most = rng.standard_normal((5, size)) * 10.0 ** rng.integers(-12, 4, (5, size))
    return [*(a.astype(dtype) for a in (d, g, m, v * v)), (most * most).astype(dtype) if amsgrad else None]


def after(adam: Any, arrays: list[Any], dtype: type) -> list[bytes]:
    copies = [None if a is None else a.copy(order="K") for a in arrays]
    adam(*copies, numbers(dtype), np.empty_like(copies[0]))
    assert np.array_equal(copies[1], arrays[1], equal_nan=True)
    return [a.tobytes() for a in copies if a is not None]


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bits_of_the_numpy_text(isa: str, dtype: type, amsgrad: bool) -> None:
    """No product and sum is fused: one in a hundred results would differ."""
    for size in (*range(40), 1000, (1 << 15) + 5):
        arrays = state(size, dtype, amsgrad)
        assert after(native.operations()["adam"], arrays, dtype) == after(update.adam, arrays, dtype), size


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite(isa: str, dtype: type) -> None:
    special = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0], dtype)
    v, most = (a.ravel() for a in np.meshgrid(abs(special), abs(special)))
    arrays = [np.ones(25, dtype), np.tile(special, 5), np.ones(25, dtype), v, most]
    copies = [[a.copy() for a in arrays] for _ in range(2)]
    with np.errstate(invalid="ignore"):
        for adam, mine in zip((update.adam, native.operations()["adam"]), copies, strict=True):
            adam(*mine, numbers(dtype), np.empty_like(arrays[0]))
    for a, b in zip(*copies, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_same_bits_for_any_number_of_threads(isa: str, threads: Any) -> None:
    found = set()
    for n in THREADS:
        threads(n)
        found.add(b"".join(after(native.operations()["adam"], state(200_000, np.float32, True), np.float32)))
    assert len(found) == 1


@pytest.mark.parametrize("layout", [transposed, sliced])
def test_parameters_that_it_cannot_take_are_updated_by_numpy(layout: Any) -> None:
    arrays = [a.reshape(4, 15) for a in state(60, np.float32, True)]
    expected = [a.copy() for a in arrays]
    update.adam(*expected, numbers(np.float32), np.empty((4, 15), np.float32))
    found = [layout(arrays[0]), *(a.copy() for a in arrays[1:])]
    native.operations()["adam"](*found, numbers(np.float32), np.empty((4, 15), np.float32))
    assert all(map(np.array_equal, found, expected))


def test_a_read_only_parameter_is_refused_as_by_numpy() -> None:
    arrays = state(5, np.float32, False)
    arrays[0].flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        native.operations()["adam"](*arrays, numbers(np.float32), np.empty(5, np.float32))


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_both_engines_take_the_same_steps(kind: Any, amsgrad: bool) -> None:
    ends = []
    for engine in ("numpy", "native"):
        with rot180.engine(engine):
            rng = np.random.default_rng(0)
            p = rot180.tensor(rng.standard_normal((7, 5, 3), np.float32), requires_grad=True)
            optimizer = kind([p], lr=0.01, amsgrad=amsgrad, weight_decay=0.1)
            for _ in range(20):
                p.grad = rot180.tensor(rng.standard_normal((7, 5, 3), np.float32))
                optimizer.step()
            ends.append(p.data.tobytes())
    assert ends[0] == ends[1]


def test_the_extension_refuses_sizes_that_do_not_fit() -> None:
    a = np.zeros(4)
    with pytest.raises(ValueError, match="one shape"):
        native.extension().adam(a.copy(), a, a.copy(), np.zeros(3), None, (0.0,) * 7)
