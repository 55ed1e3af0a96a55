"""The table that the families fill: what a mistake is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...operations.case import Array
from ..evidence import Evidence

# What the argument would be, and which variant of the mistake that is ("" if there is one).
Candidate = tuple[Array, str]
Candidates = Callable[[Evidence, str], Iterator[Candidate]]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        slug: its name.  arguments: whose values it changes: "y" (the forward), "x", "w", "b" (their gradients).
        explanation: what was done, what it does, why it is wrong: a paragraph.
        fix: what to write instead; {variant} is put in.
        candidates: yields what the argument would be.  replays: whether it needs a window to compute that.
        turns: whether it changes a gradient that is already there, so that it can follow another mistake.
        premise: where the mistake is to compute from wrong arrays, the problem with those: all others can follow it.
    """

    slug: str
    arguments: tuple[str, ...]
    explanation: str
    fix: str
    candidates: Candidates
    replays: bool
    turns: bool = False
    premise: Callable[[Evidence], Evidence] | None = None


ALL: list[Mistake] = []  # a slug may come several times, for different arguments
UNNAMED = "unknown"  # the slug of what is recognised and has no name
ANY = "*"  # the variant of a candidate on a problem that does not tell the variants apart
_EVERY = ("x", "w", "b")
_PARAMETERS = ("gamma", "beta")  # what can happen to all gradients of a convolution can happen to these


def mistake(
    slug: str, arguments: str, explanation: str, fix: str, *, replays: bool = True, turns: bool = False,
    premise: Callable[[Evidence], Evidence] | None = None,
) -> Callable[[Candidates], Candidates]:  # fmt: skip
    """Put the decorated function into the table."""

    def enter(candidates: Candidates) -> Candidates:
        names = tuple(arguments.split())
        if set(_EVERY) <= set(names):
            names += _PARAMETERS
        ALL.append(Mistake(slug, names, explanation, fix, candidates, replays, turns, premise))
        return candidates

    return enter
