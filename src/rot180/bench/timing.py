"""Time several functions ("contestants") in turns, so that a change in the machine's speed affects all equally."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Contestant = Callable[[], Sequence[float]]  # runs once and returns the seconds that each part took
Name = TypeVar("Name")
MAX_CALLS = 2000  # the most calls in one turn


def one_part(run: Callable[[], Any]) -> Contestant:
    """Make a contestant of one function."""

    def once() -> Sequence[float]:
        start = time.perf_counter()
        run()
        return (time.perf_counter() - start,)

    return once


def two_parts(forward: Callable[[], Any], backward: Callable[[Any], Any]) -> Contestant:
    """Make a contestant of two functions that are timed separately; the second gets the result of the first."""

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
    """Run the contestants in turns.

    Args:
        contestants: by name.
        rounds: in each round every contestant has one turn; every second round runs in the opposite order.
        seconds: the duration of a turn, estimated from the second of two calls beforehand; at least one call.
        prepare: called with the name before each turn.

    Returns the mean seconds of each part, {name: one entry per round}. If a turn has several calls, the first one is
    not timed, because the previous contestant has left its data in the caches.
    """
    results: dict[Name, list[tuple[float, ...]]] = {name: [] for name in contestants}
    calls = {}
    prepare = prepare or (lambda name: None)
    for name, once in contestants.items():
        prepare(name)
        once()
        calls[name] = max(1, min(MAX_CALLS, round(seconds / sum(once()))))
    for number in range(rounds):
        order = list(contestants)
        for name in order[::-1] if number % 2 else order:
            prepare(name)
            if calls[name] > 1:
                contestants[name]()
            parts = [contestants[name]() for _ in range(calls[name])]
            results[name].append(tuple(sum(part) / len(parts) for part in zip(*parts, strict=True)))
    return results


def median(rounds: Sequence[Sequence[float]], part: int | None = None) -> float:
    """The median over the rounds of one part, or of the sum of the parts."""
    return statistics.median(sum(parts) if part is None else parts[part] for parts in rounds)


def ratio(peer: Sequence[Sequence[float]], ours: Sequence[Sequence[float]], part: int | None = None) -> float:
    """The median over the rounds of the peer's time divided by ours; above 1, ours is faster."""
    pairs = zip(peer, ours, strict=True)
    if part is None:
        return statistics.median(sum(a) / sum(b) for a, b in pairs)
    return statistics.median(a[part] / b[part] for a, b in pairs)
