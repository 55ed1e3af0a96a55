"""Run each checker on the subjects in a separate process, so that no state is shared between subjects."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata

import numpy as np

from rot180.check.adapter.code import Refused
from rot180.check.adapter.forms import Form
from rot180.check.running.run import run
from rot180.errors import Rot180Error

from . import with_differences, with_jax, with_torch
from .layer import Layer
from .subjects import implementation, single, subjects

PEERS = {
    "torch gradcheck, slow": (partial(with_torch.check, fast=False), with_torch),
    "torch gradcheck, fast": (partial(with_torch.check, fast=True), with_torch),
    "jax check_grads": (with_jax.check, with_jax),
    "CS231n, 1e-7": (with_differences.check, None),
}


LOOSE = 1e-4  # below this relative error, a backward counts as the gradient of its forward


@dataclass(frozen=True)
class Verdict:
    """The verdict of one checker on one subject.

    Attributes:
        alarm: the first line of the checker's error message; "" if the subject passes.
        seconds: the time until the verdict.
        at: the index of the first problem on which another checker raised an error; otherwise None.
        found: for rot180, (slug, argument) of each diagnosis.
    """

    alarm: str
    seconds: float
    at: int | None = None
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Tried:
    """The problems on which rot180 ran a subject, which the other checkers get too, and facts about the subject."""

    problems: list
    returns: tuple[str, ...]
    form: Form  # the form of its arrays and settings
    low: bool  # True if it computes in float32 for float64 inputs
    forward_alone: bool = False  # True if only the forward is wrong, and the backward is its gradient


@dataclass(frozen=True)
class Result:
    """The verdicts of all checkers; subjects are identified by their index in `subjects`."""

    subjects: list
    tried: list[Tried]
    verdicts: dict[str, list[Verdict]]
    low_too: bool = False  # True if subjects that compute in float32 are included

    @property
    def right(self):
        """The indices of the right subjects."""
        return [i for i in self._counted() if not self.subjects[i].slugs]

    @property
    def wrong(self):
        """The indices of subjects whose backward is not the gradient of their forward, or that have another fault."""
        return [i for i in self._counted() if self.subjects[i].slugs and not self.tried[i].forward_alone]

    @property
    def forward_alone(self):
        """The indices of subjects whose forward is wrong and whose backward matches it."""
        return [i for i in self._counted() if self.tried[i].forward_alone]

    def _counted(self):
        return [i for i, tried in enumerate(self.tried) if self.low_too or not tried.low]


@dataclass(frozen=True)
class Results:
    """The results of one run of the program.

    Attributes:
        double: the result for the gallery of functions, in float64.
        classes: the result for the gallery of classes, in float64.
        narrow: the result for the gallery of functions, in float32; None if it was skipped.
    """

    double: Result
    classes: Result
    narrow: Result | None = None


def present(peer):
    """The version of a checker's library; None if it is not installed, "" if the checker needs no library."""
    library = PEERS[peer][1]
    try:
        return library.version() if library else ""
    except metadata.PackageNotFoundError:
        return None


def run_all(numbers, narrow, log):
    """Run all checkers on the subjects with these indices; in float32 if `narrow`."""
    if narrow:
        everything = subjects()
        numbers = [n for n in numbers if "input-mutated" not in everything[n].slugs]
    width = "float32" if narrow else "float64"
    log(f"{len(numbers)} implementations in {width}: rot180")
    ours, tried = in_new_process(of_rot180, numbers, narrow)
    result = Result(select(numbers, narrow), tried, {"rot180": ours}, low_too=narrow)
    for peer in PEERS:
        if present(peer) is None:
            log(f"{peer}: not installed")
            continue
        log(f"{len(numbers)} implementations in {width}: {peer}")
        result.verdicts[peer] = in_new_process(of_peer, peer, numbers, tried, narrow)
    return result


def in_new_process(function, *arguments):
    """Run a function in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def select(numbers, narrow):
    """The subjects with these indices."""
    everything = subjects()
    return [single(everything[n]) if narrow else everything[n] for n in numbers]


def of_rot180(numbers, narrow):
    """The verdicts of `check.layer`, and the problems that it tried."""
    pairs = [judge(*both) for both in zip(select(numbers, narrow), select(numbers, False), strict=True)]
    return [verdict for verdict, _ in pairs], [tried for _, tried in pairs]


def judge(subject, plain):
    """The verdict of rot180 and the problems that it ran. `plain` is the unchanged subject of the gallery."""
    start = time.perf_counter()
    try:
        report = subject.report()
    except Rot180Error as error:  # uncallable class: a miss if it is wrong, a false alarm if right
        alarm = "" if subject.slugs else f"{type(error).__name__}: {error}"[:200]
        return Verdict(alarm, time.perf_counter() - start), tried_on(subject)
    seconds = time.perf_counter() - start
    found = tuple((d.slug, d.argument) for d in report.diagnoses)
    alarm = "" if report.ok else ", ".join(f"{slug}: {argument}" for slug, argument in found) or "unexplained"
    tried = tried_on(subject)
    if {argument for _, argument in found} == {"y"}:
        tried = replace(tried, forward_alone=agree(implementation(plain, tried.returns, tried.form), tried.problems))
    return Verdict(alarm, seconds, found=found), tried


def tried_on(subject):
    """The problems that rot180 generates for a subject."""
    code = implementation(subject)
    runs = run(code, code.definition, subject.options.get("convention", "correlation"))
    results = [array for _, outcome in runs.runs for array in (outcome.y, *outcome.gradients.values())]
    problems = [problem for problem, _ in runs.runs if problem.unit == 1]
    low = any(array.dtype == np.float32 for array in results)
    return Tried(problems, runs.code.returns, runs.code.form, low)


def agree(code, problems):
    """True if the backward is the gradient of its own forward."""
    try:
        for problem in problems:
            layer = Layer(code, problem, 0, np.float64)
            layer.fit()
            with_differences.check(layer, LOOSE)
    except (AssertionError, Refused):
        return False
    return True


def of_peer(peer, numbers, tried, narrow):
    """The verdicts of another checker on the same problems."""
    ask = PEERS[peer][0]
    return [
        judge_by_peer(ask, subject, of, seed, np.float32 if narrow else np.float64)
        for seed, subject, of in zip(numbers, select(numbers, narrow), tried, strict=True)
    ]


def judge_by_peer(ask, subject, tried, seed, dtype):
    """The verdict of another checker: run the problems in turn until the checker raises an error."""
    code = implementation(subject, tried.returns, tried.form)
    start = time.perf_counter()
    for at, problem in enumerate(tried.problems):
        layer = Layer(code, problem, (seed, at), dtype)
        try:
            ask(layer)
        except Exception as error:  # raised by the checker, or by the code for an unsuitable shape
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            alarm = f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
            return Verdict(alarm, time.perf_counter() - start, at)
    return Verdict("", time.perf_counter() - start)
