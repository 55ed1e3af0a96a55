"""One implementation of the gallery: somebody's forward and backward, and what the checker has to say about it.

The files right_*.py and wrong_*.py hold the implementations, as people write them, each with a list `ENTRIES`; the
tests run the checker over them, and the comparison with other checkers uses the same lists.
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
        slugs: the mistakes that are in it, the one that has to be named first at the head; () if it is right.
        check: what `check.layer` is told besides the functions: settings, layout, convention, returns.
        varies: of a right one, the values that it can be told beyond those the checker tries: {setting: values}.
        peers: whether it needs SciPy, which only the comparisons with other libraries may rely on.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    op: str = "conv2d"
    slugs: tuple[str, ...] = ()
    check: Mapping[str, Any] = field(default_factory=dict)
    varies: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    peers: bool = False
