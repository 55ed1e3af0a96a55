"""The class `Mistake`, and the table of mistakes that the other modules of this folder fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...operations.case import Array
from ..evidence import Evidence

# The array that the mistake produces, and the variant of the mistake ("" if there is only one).
Candidate = tuple[Array, str]
Candidates = Callable[[Evidence, str], Iterator[Candidate]]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        slug: its name.
        arguments: the arrays that it changes: "y" (the forward), "x", "w", "b" (their gradients).
        explanation: a paragraph on the behaviour of the code and why it is wrong. {variant} is replaced by the variant.
        fix: the code or the change that corrects the mistake. {variant} is replaced as well.
        candidates: yields the arrays that the code returns if the mistake is made.
        replays: True if computing the candidates needs a window.
        turns: True if the mistake changes an already computed gradient, so that it can follow another mistake.
        premise: for a mistake that computes from wrong inputs, a function that returns the evidence with these inputs.
            Every other mistake can be combined with such a mistake.
        alone: True if the mistake is never combined with another one. It is reported if no other mistake explains the
            same arrays, or if only one case is wrong.
    """

    slug: str
    arguments: tuple[str, ...]
    explanation: str
    fix: str
    candidates: Candidates
    replays: bool
    turns: bool = False
    premise: Callable[[Evidence], Evidence] | None = None
    alone: bool = False


ALL: list[Mistake] = []  # a slug can appear several times, for different arguments
UNNAMED = "unknown"  # the slug of results that no known mistake explains
ANY = "*"  # the variant of a candidate on a problem where all variants give the same array
_EVERY = ("x", "w", "b")
_PARAMETERS = ("gamma", "beta")  # mistakes that apply to x, w and b apply to these as well


def mistake(
    slug: str, arguments: str, explanation: str, fix: str, *, replays: bool = True, turns: bool = False,
    premise: Callable[[Evidence], Evidence] | None = None, alone: bool = False,
) -> Callable[[Candidates], Candidates]:  # fmt: skip
    """Register the decorated function as a mistake."""

    def register(candidates: Candidates) -> Candidates:
        names = tuple(arguments.split())
        if set(_EVERY) <= set(names):
            names += _PARAMETERS
        ALL.append(Mistake(slug, names, explanation, fix, candidates, replays, turns, premise, alone))
        return candidates

    return register
