"""The one random state of the library: initial weights, dropout, the order of batches.

One Philox generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) behind `manual_seed`. It is
seeded from the operating system until `manual_seed` is called. What must not depend on who draws first (the order of an
epoch, the augmentation of one sample) gets a generator of its own from a key: `generator_for`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

_generator: np.random.Generator | None = None  # made on first use: importing must stay cheap


def generator() -> np.random.Generator:
    """The generator that everything random draws from, in call order."""
    global _generator
    if _generator is None:
        _generator = np.random.Generator(np.random.Philox())
    return _generator


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the random state from `seed` (a non-negative int); returns the generator."""
    global _generator
    _generator = generator_for(seed)
    return _generator


def generator_for(*key: int) -> np.random.Generator:
    """A generator of its own for a key such as (seed, epoch, index): the same key gives the same numbers anywhere."""
    if any(operator.index(part) < 0 for part in key):
        raise ValueError(f"manual_seed: a seed must be a non-negative int; got {key[0] if len(key) == 1 else key}")
    # As a spawn key, not as entropy: that is filled up with zeros, so (seed,), (seed, 0) and (seed, 0, 0) would be one.
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key[0], spawn_key=key[1:])))


def get_rng_state() -> dict[str, Any]:
    """The random state as plain data; give it to `set_rng_state` to continue from here."""
    return dict(generator().bit_generator.state)


def set_rng_state(state: dict[str, Any]) -> None:
    """Continue from a state that `get_rng_state` returned."""
    generator().bit_generator.state = state
