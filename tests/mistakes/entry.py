"""One implementation of the gallery: a forward and a backward, and the expected diagnoses.

The files right_*.py and wrong_*.py hold the implementations, as people write them, each with a list `ENTRIES`. The
tests run the checker on them, and the comparison with other checkers uses the same lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """An implementation.

    Attributes:
        name: unique in the gallery.
        forward, backward, op: the functions, and the operation that they should compute.
        slugs: the mistakes in it, the first one first; () if it is right.
        check: the other arguments of `check.layer`: settings, layout, convention, returns.
        varies: {setting: values} that a right one accepts in addition to those that the checker tries.
        peers: True if it needs SciPy, which only the comparisons with other libraries may use.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    op: str = "conv2d"
    slugs: tuple[str, ...] = ()
    check: Mapping[str, Any] = field(default_factory=dict)
    varies: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    peers: bool = False
