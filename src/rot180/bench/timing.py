"""Contestants that take turns, so that a machine that drifts, or a neighbour that wakes up, hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Contestant = Callable[[], Sequence[float]]  # runs once, and returns the seconds that each of its parts took
Name = TypeVar("Name")
MOST = 2000  # calls in a turn


def whole(run: Callable[[], Any]) -> Contestant:
    """A contestant of one part."""

    def once() -> Sequence[float]:
        start = time.perf_counter()
        run()
        return (time.perf_counter() - start,)

    return once


def halves(forward: Callable[[], Any], backward: Callable[[Any], Any]) -> Contestant:
    """A contestant of two parts; the second gets what the first returns."""

    def once() -> Sequence[float]:
        start = time.perf_counter()
        y = forward()
        middle = time.perf_counter()
        backward(y)
        return middle - start, time.perf_counter() - middle

    return once


def take_turns(
    contestants: Mapping[Name, Contestant],
    rounds: int,
    seconds: float,
    prepare: Callable[[Name], Any] | None = None,
) -> dict[Name, list[tuple[float, ...]]]:
    """{name: the mean seconds of each part, one entry per round}.

    Args:
        contestants: each runs once when it is called.
        rounds: in each, everyone has one turn; every other round in the opposite order.
        seconds: how long a turn goes on, by the second of two calls beforehand; one call at least.
        prepare: called with the name before each turn.

    Where a turn has several calls, one more goes before them, untimed: it finds the caches as the one before has left
    them, and perhaps the other's threads still spinning.
    """
    taken: dict[Name, list[tuple[float, ...]]] = {name: [] for name in contestants}
    calls = {}
    prepare = prepare or (lambda name: None)
    for name, once in contestants.items():
        prepare(name)
        once()
        calls[name] = max(1, min(MOST, round(seconds / sum(once()))))
    for number in range(rounds):
        order = list(contestants)
        for name in order[::-1] if number % 2 else order:
            prepare(name)
            if calls[name] > 1:
                contestants[name]()
            parts = [contestants[name]() for _ in range(calls[name])]
            taken[name].append(tuple(sum(part) / len(parts) for part in zip(*parts, strict=True)))
    return taken


def median(rounds: Sequence[Sequence[float]], part: int | None = None) -> float:
    """The median over the rounds: of one part, or of all together."""
    return statistics.median(sum(parts) if part is None else parts[part] for parts in rounds)


def ratio(peer: Sequence[Sequence[float]], ours: Sequence[Sequence[float]], part: int | None = None) -> float:
    """The median over the rounds of the peer's time over ours: above 1, ours is the faster."""
    pairs = zip(peer, ours, strict=True)
    if part is None:
        return statistics.median(sum(a) / sum(b) for a, b in pairs)
    return statistics.median(a[part] / b[part] for a, b in pairs)
