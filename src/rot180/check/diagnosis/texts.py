"""The texts of the report: the explanations of mistakes, and the positions of unexplained errors.

Internal to check/. The texts of the mistakes are in mistakes/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ..comparison import same
from ..report import Diagnosis
from .evidence import Evidence
from .mistakes import sums
from .search import Explanation

COUNT = re.compile(
    r"positions|predictions(?: per sample)?|(?:input|result|kernel|window) (?:cells|channels)(?: per sample)?"
)
SIGN = (
    "The sign is inverted. A layer multiplies dy by its own derivative; the minus sign belongs to the update step, "
    "w -= rate * dw, not to the gradient."
)
SIGN_FIX = "remove the minus sign from the gradient, or negate the result: dx = -dx"


def texts(explanation: Explanation, argument: str, *, loss: bool) -> Iterator[tuple[str, str, str]]:
    """Yield the slug, the explanation and the fix of each mistake in an explanation."""
    for mistake, variant in explanation.parts:
        yield (
            mistake.slug,
            mistake.explanation.replace("{variant}", variant),
            mistake.fix.replace("{variant}", variant),
        )
    forward = argument == "y"
    if explanation.negative:
        backward = (sums.SIGN, sums.SIGN_FIX) if loss else (SIGN, SIGN_FIX)
        yield "sign-inverted", *((sums.SIGN_RESULT, sums.SIGN_RESULT_FIX) if forward else backward)
    if explanation.factor:
        text, fix = (_scaled_loss if loss else _scaled)(explanation.factor, argument)
        yield "scaled", text.replace("{variant}", times(explanation.factor)).replace("{gradient}", f"d{argument}"), fix


def _scaled(factor: str, argument: str) -> tuple[str, str]:
    """The explanation and the fix for a layer with a wrong factor."""
    if argument == "y":
        return sums.SCALED_RESULT, sums.SCALED_RESULT_FIX
    if factor == "window cells":
        return sums.AVERAGE_UNDIVIDED, sums.AVERAGE_UNDIVIDED_FIX
    return (sums.SCALED, sums.SCALED_FIX) if is_divisor(factor) else (sums.SCALED_UP, sums.SCALED_UP_FIX)


def _scaled_loss(factor: str, argument: str) -> tuple[str, str]:
    """The explanation and the fix for a loss with a wrong factor."""
    forward = argument == "y"
    fix = sums.SCALED_LOSS_FIXES.get(factor, sums.SCALED_LOSS_FIX).replace("{code}", "loss" if forward else "dx")
    if forward and factor == "N":
        fix += '; if the loss is meant to be a sum, pass reduction="sum" to the checker'
    if factor == sums.UPSTREAM_IGNORED:
        return sums.SCALED_LOSS_IGNORES_DY, fix
    return (sums.SCALED_LOSS_RESULT if forward else sums.SCALED_LOSS), fix


def times(factor: str) -> str:
    """Write a factor as a phrase: "1 / N" is "divided by N", "2" is "multiplied by 2"."""
    verb, number = ("divided by", factor.removeprefix("1 / ")) if is_divisor(factor) else ("multiplied by", factor)
    number = re.sub(r"^\(([^()]*)\)", r"\1", number)
    return f"{verb} {'the number of ' if COUNT.fullmatch(number) else ''}{number}"


def is_divisor(factor: str) -> bool:
    """True for factors such as "1 / N"."""
    return factor.startswith("1 / ")


def missing(argument: str) -> Diagnosis:
    """Report that the backward does not return a gradient."""
    return Diagnosis("unknown", f"d{argument}", f"The backward does not return d{argument}.", "")


def reshaped(evidence: Evidence, argument: str) -> bool:
    """True if a gradient has the wrong shape, but the right numbers in the right order."""
    actual, expected = evidence.actual[argument], evidence.expected[argument]
    other = argument != "y" and actual.shape != expected.shape and actual.size == expected.size
    return other and same(actual.reshape(expected.shape), expected)


def structure(evidence: Evidence, argument: str, condition: str = "") -> str:
    """Describe the positions of an error that no known mistake explains, and the condition under which it occurs."""
    actual, expected = evidence.actual[argument], evidence.expected[argument]
    if reshaped(evidence, argument):
        return (
            f"d{argument} has shape {actual.shape}, but needs the shape of {argument}, {expected.shape}. The numbers "
            f"are correct. With the wrong shape, {argument} - rate * d{argument} broadcasts to another shape or fails."
        )
    if actual.shape != expected.shape:
        only = f" It occurs exactly where {condition}." if condition else ""
        return f"No known mistake explains this error.{only} The shape is {actual.shape}, but must be {expected.shape}."
    wrong = evidence.differing(argument)
    names = (
        ("sample", "channel", "row", "column")
        if expected.ndim == 4
        else tuple(f"axis {a}" for a in range(expected.ndim))
    )
    parts = []
    for axis in range(expected.ndim):
        hit = [int(i) for i in np.flatnonzero(wrong.any(tuple(a for a in range(expected.ndim) if a != axis)))]
        if len(hit) < expected.shape[axis]:
            parts.append(f"{names[axis]} {', '.join(map(str, hit))} of {expected.shape[axis]}")
    where = f", all of them in {'; '.join(parts)}" if parts else ", spread over the whole array"
    count = (
        f"{int(wrong.sum())} of {expected.size} cells are wrong{where}"
        if expected.size > 1
        else "The only cell of the array is wrong"
    )
    only = f" The error occurs exactly where {condition}." if condition else ""
    return f"No known mistake explains this error.{only} {count}. The case is {evidence.case.describe()}."
