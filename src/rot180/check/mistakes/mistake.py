"""The table that the families fill: what a mistake is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..case import Array
from ..evidence import Evidence

Candidate = tuple[
    Array, str
]  # what the argument would be, and which variant of the mistake that is ("" if there is one)
Candidates = Callable[[Evidence, str], Iterator[Candidate]]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        slug: its name.  arguments: whose values it changes: "y" (the forward), "x", "w", "b" (their gradients).
        explanation: what was done, what it does, why it is wrong: a paragraph.
        mend: what to write instead; {variant} is put in.
        candidates: yields what the argument would be.  replays: whether it needs a window to compute that.
        turns: whether it changes a gradient that is already there, so that it can follow another mistake.
    """

    slug: str
    arguments: tuple[str, ...]
    explanation: str
    mend: str
    candidates: Candidates
    replays: bool
    turns: bool = False


ALL: dict[str, Mistake] = {}  # by slug; a slug with several entries has the arguments behind the later ones
_EVERY = ("x", "w", "b")
_PARAMETERS = ("gamma", "beta")  # what can happen to all gradients of a convolution can happen to these


def mistake(
    slug: str, arguments: str, explanation: str, mend: str, *, replays: bool = True, turns: bool = False
) -> Callable[[Candidates], Candidates]:
    """Put the decorated function into the table."""

    def enter(candidates: Candidates) -> Candidates:
        names = tuple(arguments.split())
        if set(_EVERY) <= set(names):
            names += _PARAMETERS
        key = slug if slug not in ALL else f"{slug} of {arguments}, {len(ALL)}"
        ALL[key] = Mistake(slug, names, explanation, mend, candidates, replays, turns)
        return candidates

    return enter
