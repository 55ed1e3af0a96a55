"""Timing side by side: the contestants take turns, so that a drifting machine slows all of them alike."""

import statistics
import time


def times(contestants, rounds, calls=1):
    """{name: seconds per call, one entry per round}; each contestant is a function without arguments."""
    taken = {name: [] for name in contestants}
    for run in contestants.values():
        run()  # warm up
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            for _ in range(calls):
                run()
            taken[name].append((time.perf_counter() - start) / calls)
    return taken


def ratio(taken, peer, ours):
    """The median over the rounds of peer's time / ours: above 1, ours is faster."""
    return statistics.median(b / a for a, b in zip(taken[ours], taken[peer], strict=True))
