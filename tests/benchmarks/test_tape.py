"""The toy step by hand is the toy step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import tape
from rot180.bench import steps
from rot180.bench.library import rot180_library


def weights_of(step: Any) -> list[Any]:
    """The kernel and the dense weight that a step by hand has come to."""
    found = dict(zip(step.__code__.co_freevars, (cell.cell_contents for cell in step.__closure__), strict=True))
    return [np.ravel(found["k"]), np.ravel(found["w"])]


@pytest.mark.parametrize("make", [tape.by_hand, pytest.param(tape.by_hand_with_scipy, marks=pytest.mark.peers)])
def test_the_steps_by_hand_give_the_weights_of_the_tape(make: Any) -> None:
    lib, held = rot180_library(), []

    def watched(parameters: Any, **settings: Any) -> Any:
        held.extend(parameters)
        return lib.optim.SGD(held, **settings)

    step = steps.toy(lib.__class__(lib.nn, lib.F, SimpleNamespace(SGD=watched), lib.tensor))
    hand = make()
    for _ in range(3):
        step()
        hand()
    for ours, theirs in zip(weights_of(hand), held, strict=True):
        np.testing.assert_allclose(ours, np.ravel(theirs.data), rtol=1e-5, atol=1e-6)


@pytest.mark.peers
def test_all_four_are_timed() -> None:
    row = tape.measure(SimpleNamespace(rounds=1, seconds=1e-3, threads=1))
    assert set(row["us"]) == set(row["ratios"]) and row["ratios"]["PyTorch"] == 1
