"""Fixtures for the tests of the native engine: instruction sets, thread counts, stale memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from rot180.kernels import extension

ISAS = [] if extension.unavailable() else extension.compiled.isas()
THREADS = (1, 2, 3, 7)


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    compiled = extension.compiled
    before = compiled.isa()
    compiled.use_isa(request.param)
    yield request.param
    compiled.use_isa(before)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    compiled = extension.compiled
    before = compiled.num_threads()
    yield compiled.set_num_threads
    compiled.set_num_threads(before)


@pytest.fixture
def stale() -> Callable[..., None]:
    """Fill the memory of the next results of these shapes with NaN, so that a cell that is not written shows."""

    def fill(*arrays: tuple[tuple[int, ...], type]) -> None:
        held = [extension.compiled.relu_y(np.full(shape, np.nan, dtype)) for shape, dtype in arrays for _ in range(3)]
        held.clear()

    return fill
