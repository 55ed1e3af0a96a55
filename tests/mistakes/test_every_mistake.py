"""Every mistake has what a reader needs: a place in the order, a row in the tutorial, an entry in the gallery.

These tests tell who adds a mistake what is still missing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rot180.check.diagnosis import mistakes
from rot180.check.diagnosis.mistakes import ALL, ORDER, Mistake

from . import operations_wrong, wrong_texts
from .gallery import WRONG

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "checker.md"
# These are found by calling again, as a factor, or from refusals, not by comparing with the result of a mistake.
OTHER_SLUGS = {"scaled", "sign-inverted", "input-mutated", "gradients-accumulated", "backward-refuses"}
SLUGS = sorted({mistake.slug for mistake in ALL})


def gallery_slugs() -> set[str]:
    others = [entry[0] for file in (operations_wrong, wrong_texts) for entry in file.WRONG]
    return {slug for entry in WRONG for slug in entry.slugs} | set(others)


def tutorial_slugs() -> set[str]:
    table = TUTORIAL.read_text(encoding="utf-8").split("## The names of the mistakes")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {slug for row in rows for slug in re.findall(r"`([a-z0-9-]+)`", row)}


@pytest.mark.parametrize("slug", SLUGS)
def test_mistake_has_a_place_in_the_order(slug: str) -> None:
    assert slug in ORDER, (
        f"add {slug} to ORDER in check/diagnosis/mistakes/__init__.py, after all more specific mistakes"
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_mistake_has_a_row_in_the_tutorial(slug: str) -> None:
    assert slug in tutorial_slugs(), f"add a row for `{slug}` to the table at the end of docs/tutorials/checker.md"


@pytest.mark.parametrize("slug", SLUGS)
def test_mistake_has_an_entry_in_the_gallery(slug: str) -> None:
    assert slug in gallery_slugs(), (
        f"add an implementation that makes the mistake {slug} to WRONG in tests/mistakes/wrong_texts.py, or to the "
        "wrong_*.py of its family"
    )


def test_order_and_tutorial_have_no_other_slugs() -> None:
    for place, slugs in (("ORDER", set(ORDER)), ("the table of docs/tutorials/checker.md", tutorial_slugs())):
        unknown = slugs - set(SLUGS) - OTHER_SLUGS
        assert not unknown, f"{place} has {', '.join(sorted(unknown))}, but no function is registered with this slug"


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: f"{mistake.slug}, {mistake.candidates.__name__}")
def test_mistake_is_a_named_function_with_a_text(mistake: Mistake) -> None:
    function = mistake.candidates
    assert getattr(mistakes, function.__module__.rsplit(".", 1)[1]).__dict__.get(function.__name__) is function, (
        f"decorate a function of its own for {mistake.slug}, not a partial or a lambda"
    )
    assert mistake.explanation[:1].isupper() or mistake.explanation.startswith(("{variant}", "d")), "begin a sentence"
    assert mistake.explanation.endswith((".", "{variant}")), f"end the explanation of {mistake.slug} with a full stop"
    assert mistake.fix and not mistake.fix.endswith("."), (
        f"the fix of {mistake.slug} is code or a phrase, without a stop"
    )


def test_names_of_the_functions_differ() -> None:
    names = [mistake.candidates.__name__ for mistake in ALL]
    assert len(set(names)) == len(names), "two mistakes share the name of a function; give each its own"
