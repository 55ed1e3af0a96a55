"""The random state of the library, used for initial weights, dropout and shuffling.

The random state is one Philox generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
`manual_seed` seeds it; until then the operating system's entropy does. Draws that must not depend on the order of calls
(the order of an epoch, the augmentation of a sample) use a separate generator made from a key: `generator_for`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

_generator: np.random.Generator | None = None  # created on first use, which keeps the import fast


def generator() -> np.random.Generator:
    """The generator of the library's random state; its draws depend on the order of calls."""
    global _generator
    if _generator is None:
        _generator = np.random.Generator(np.random.Philox())
    return _generator


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the random state from `seed`, a non-negative int, and return the generator."""
    global _generator
    _generator = generator_for(seed)
    return _generator


def generator_for(*key: int) -> np.random.Generator:
    """A separate generator for a key such as (seed, epoch, index); the same key always gives the same numbers."""
    if any(operator.index(part) < 0 for part in key):
        raise ValueError(f"manual_seed: a seed must be a non-negative int; got {key[0] if len(key) == 1 else key}")
    # A spawn key distinguishes (seed,), (seed, 0) and (seed, 0, 0); entropy would be padded with zeros.
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key[0], spawn_key=key[1:])))


def get_rng_state() -> dict[str, Any]:
    """Return the random state as plain values, for `set_rng_state`."""
    return dict(generator().bit_generator.state)


def set_rng_state(state: dict[str, Any]) -> None:
    """Restore a state that `get_rng_state` returned."""
    generator().bit_generator.state = state
