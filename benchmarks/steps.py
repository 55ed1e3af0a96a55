"""Training steps against PyTorch, eager and compiled."""

import sys
from functools import partial

from rot180.bench import shapes, steps, timing
from rot180.bench.library import rot180_library

from . import peer
from .task import Task, turns_seconds

SECONDS = {"LeNet-5": 0.01, "ResNet-20": 0.3, "DCGAN": 0.8, "autoencoder": 0.01, "toy": 1e-4}  # estimates for one core
TO_COMPILE = {"LeNet-5": 20, "ResNet-20": 60, "DCGAN": 60, "autoencoder": 20, "toy": 10}


def tasks(options):
    """Yield a task for each step."""
    for name in steps.STEPS:
        if shapes.matches(name, options.only):
            needed = 3 * turns_seconds(SECONDS[name] / options.threads, options) + TO_COMPILE[name]
            yield Task(name, needed, partial(measure, name, options))


def measure(name, options):
    """Milliseconds of each contestant, and the ratios of its time to ours."""
    make = steps.STEPS[name]
    contestants = {"rot180": make(rot180_library()), "PyTorch": make(peer.library())}
    if options.compiled and (compiled := compiled_step(make)):
        contestants["compiled"] = compiled
    times = timing.take_turns(
        {n: timing.one_part(step) for n, step in contestants.items()}, options.rounds, 3 * options.seconds
    )
    return {
        "name": name,
        "ms": {other: timing.median(rounds) * 1e3 for other, rounds in times.items()},
        "ratios": {other: timing.ratio(times[other], times["rot180"]) for other in times if other != "rot180"},
    }


def compiled_step(make):
    """The step with torch.compile, or None if it cannot compile, for example without a C++ compiler."""
    import torch

    torch.compiler.reset()
    try:
        step = make(peer.library(compiled=True))
        step()
    except Exception as error:
        print(f"torch.compile fails on this machine: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    return step


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    compiled = f", {row['ratios']['compiled']:.2f} compiled" if "compiled" in row["ratios"] else ""
    return f"{row['ratios']['PyTorch']:.2f} times as fast as PyTorch{compiled}"
