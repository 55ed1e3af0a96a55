"""What the tests of the compiled engine share: every instruction set of the machine, and any number of threads."""

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
    """Fill the blocks that the next results of these shapes get with NaN: a cell that is not written would be seen."""

    def fill(*arrays: tuple[tuple[int, ...], type]) -> None:
        held = [extension.compiled.relu_y(np.full(shape, np.nan, dtype)) for shape, dtype in arrays for _ in range(3)]
        held.clear()

    return fill
