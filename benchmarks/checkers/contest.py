"""Each checker over the subjects, in a process of its own: what implementations remember does not pass between them."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata

import numpy as np

from rot180 import check
from rot180.check.adapter.implementation import Refused
from rot180.check.running.runner import Runner

from . import with_differences, with_jax, with_torch
from .layer import Layer
from .subjects import implementation, single, subjects

PEERS = {
    "torch gradcheck, slow": (partial(with_torch.check, fast=False), with_torch),
    "torch gradcheck, fast": (partial(with_torch.check, fast=True), with_torch),
    "jax check_grads": (with_jax.check, with_jax),
    "CS231n, 1e-7": (with_differences.check, None),
}


LOOSE = 1e-4  # a relative error that leaves no doubt that a backward is its forward's


@dataclass(frozen=True)
class Verdict:
    """Of one checker on one subject.

    Attributes:
        alarm: what was said against it, the first line; "" if it passes.
        at: the number of the problem on which that was, where there are several.
        found: of rot180, (slug, argument) of each diagnosis.
        seconds: until then.
    """

    alarm: str
    seconds: float
    at: int | None = None
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Tried:
    """What rot180 has tried a subject on, for the others to do the same, and what it learnt about it by calling it."""

    problems: list
    returns: tuple[str, ...]
    layout: str  # in which its arrays were found to lie
    low: bool  # whether it computes in float32, whatever it is given
    forward_alone: bool = False  # whether the forward is accused alone, and differences agree with its backward


@dataclass(frozen=True)
class Result:
    """Of all checkers, by the place of a subject in `subjects`."""

    subjects: list
    tried: list[Tried]
    verdicts: dict[str, list[Verdict]]
    low_too: bool = False  # whether those that compute in float32 count

    @property
    def right(self):
        """The places of the right ones."""
        return [i for i in self._counted() if not self.subjects[i].slugs]

    @property
    def wrong(self):
        """Of those whose backward is not the gradient of their forward, or that do something else they should not."""
        return [i for i in self._counted() if self.subjects[i].slugs and not self.tried[i].forward_alone]

    @property
    def forward_alone(self):
        """Of those whose forward is wrong, with a backward to match."""
        return [i for i in self._counted() if self.tried[i].forward_alone]

    def _counted(self):
        return [i for i, tried in enumerate(self.tried) if self.low_too or not tried.low]


def present(peer):
    """Its version, or None where it is not installed; "" where there is nothing to install."""
    library = PEERS[peer][1]
    try:
        return library.version() if library else ""
    except metadata.PackageNotFoundError:
        return None


def hold(numbers, narrow, tell):
    """The contest on the subjects of these numbers; in float32 if `narrow`."""
    if narrow:
        everything = subjects()
        numbers = [n for n in numbers if "input-mutated" not in everything[n].slugs]
    width = "float32" if narrow else "float64"
    tell(f"{len(numbers)} implementations in {width}: rot180")
    ours, tried = alone(of_rot180, numbers, narrow)
    result = Result(chosen(numbers, narrow), tried, {"rot180": ours}, low_too=narrow)
    for peer in PEERS:
        if present(peer) is None:
            tell(f"{peer}: not installed")
            continue
        tell(f"{len(numbers)} implementations in {width}: {peer}")
        result.verdicts[peer] = alone(of_peer, peer, numbers, tried, narrow)
    return result


def alone(function, *arguments):
    """In a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def chosen(numbers, narrow):
    """Those subjects."""
    everything = subjects()
    return [single(everything[n]) if narrow else everything[n] for n in numbers]


def of_rot180(numbers, narrow):
    """Verdicts of `check.layer`, and what it tried."""
    pairs = [judged(*both) for both in zip(chosen(numbers, narrow), chosen(numbers, False), strict=True)]
    return [verdict for verdict, _ in pairs], [tried for _, tried in pairs]


def judged(subject, plain):
    """One verdict, and one `Tried`; `plain` is the subject as it stands in the gallery."""
    start = time.perf_counter()
    report = check.layer(subject.forward, subject.backward, op=subject.op, **subject.told)
    seconds = time.perf_counter() - start
    found = tuple((d.slug, d.argument) for d in report.diagnoses)
    alarm = "" if report.ok else ", ".join(f"{slug}: {argument}" for slug, argument in found) or "unexplained"
    tried = tried_on(subject)
    if {argument for _, argument in found} == {"y"}:
        tried = replace(tried, forward_alone=agree(implementation(plain, tried.returns, tried.layout), tried.problems))
    return Verdict(alarm, seconds, found=found), tried


def tried_on(subject):
    """The problems that rot180 made."""
    code = implementation(subject)
    settings = {name: value for name, value in subject.told.items() if name not in ("layout", "convention", "returns")}
    runner = Runner(code, code.definition, subject.told.get("convention", "correlation"), settings, 0)
    runner.try_all()
    results = [array for _, outcome in runner.runs for array in (outcome.y, *outcome.gradients.values())]
    problems = [problem for problem, _ in runner.runs if problem.unit == 1]
    low = any(array.dtype == np.float32 for array in results)
    return Tried(problems, runner.code.returns, runner.code.layout, low)


def agree(code, problems):
    """Whether the backward is the gradient of its own forward, whatever that computes."""
    try:
        for problem in problems:
            layer = Layer(code, problem, 0, np.float64)
            layer.fit()
            with_differences.check(layer, LOOSE)
    except (AssertionError, Refused):
        return False
    return True


def of_peer(peer, numbers, tried, narrow):
    """Verdicts of another checker on the same cases."""
    ask = PEERS[peer][0]
    return [
        asked(ask, subject, of, seed, np.float32 if narrow else np.float64)
        for seed, subject, of in zip(numbers, chosen(numbers, narrow), tried, strict=True)
    ]


def asked(ask, subject, tried, seed, dtype):
    """One verdict: problem after problem, until something is said against it."""
    code = implementation(subject, tried.returns, tried.layout)
    start = time.perf_counter()
    for at, problem in enumerate(tried.problems):
        layer = Layer(code, problem, (seed, at), dtype)
        try:
            ask(layer)
        except Exception as error:  # of the checker, or of the code on a shape that does not fit
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            alarm = f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
            return Verdict(alarm, time.perf_counter() - start, at)
    return Verdict("", time.perf_counter() - start)
