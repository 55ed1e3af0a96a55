"""Descriptions of exceptions whose own code misbehaves."""

from __future__ import annotations

import pytest

from rot180.check.adapter.descriptions import describe_exception
from rot180.check.adapter.foreign_arrays import as_numpy
from rot180.check.adapter.results import shape_of


class Own(BaseException):
    """Not an Exception."""


class Unprintable(Exception):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise Own("no text")


class Hostile:
    """An object whose conversion to an array raises an exception that is not an Exception."""

    def __array__(self, *given: object, **named: object) -> object:
        raise Own("no array")


class Interrupted:
    """An object during whose conversion the user presses Ctrl-C."""

    def __array__(self, *given: object, **named: object) -> object:
        raise KeyboardInterrupt


def test_an_exception_without_a_text() -> None:
    assert describe_exception(Unprintable(), len) == "Unprintable"


def test_a_text_is_on_one_line() -> None:
    assert describe_exception(ValueError("a\n\x1b[2J"), len) == r"ValueError: a\n\x1b[2J"


def test_conversions_that_raise_anything_give_no_array() -> None:
    assert as_numpy(Hostile()) is None
    assert shape_of([Hostile(), Hostile()]) is None


def test_an_interruption_by_the_user_is_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt):
        as_numpy(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        shape_of([Interrupted()])
