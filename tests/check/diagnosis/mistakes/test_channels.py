"""One channel used for another, in the forward and in db."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check
from tests.mistakes.right_loops import conv, conv_backward

WRONG_DB = {
    "the first channel of dy is used": lambda db: np.full_like(db, db[0]),
    "the last channel of dy is used": lambda db: np.full_like(db, db[-1]),
    "the first cell of db holds the sum": lambda db: np.where(np.arange(len(db)) == 0, db.sum(), 0.0),
    "a neighbouring channel is used": lambda db: np.roll(db, 1),
}


@pytest.mark.parametrize("words", WRONG_DB)
def test_channel_of_db(words: str) -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b)
        return dx, dw, WRONG_DB[words](db)

    (found,) = check.layer(lambda x, w, b: conv(x, w, b), backward).diagnoses
    assert (found.slug, found.argument) == ("wrong-channel", "db")
    assert words in found.explanation


def all_by(name: str, axis: int, at: int) -> Any:
    def forward(x: Any, w: Any, b: Any) -> Any:
        arrays = {"x": x, "w": w, "b": b}
        one = np.take(arrays[name], [at], axis)
        return conv(*{**arrays, name: np.broadcast_to(one, arrays[name].shape)}.values())

    return forward


@pytest.mark.parametrize(
    ("name", "axis", "at", "words"),
    [
        ("x", 1, 0, "the first channel of x"),
        ("w", 0, -1, "the last index of axis 0 of w"),
        ("w", 1, 0, "the first index of axis 1 of w"),
        ("b", 0, 0, "the first channel of b"),
    ],
)
def test_channel_of_the_forward(name: str, axis: int, at: int, words: str) -> None:
    first = check.layer(all_by(name, axis, at), lambda dy, x, w, b: conv_backward(dy, x, w, b)).diagnoses[0]
    assert (first.slug, first.argument) == ("wrong-channel", "y")
    assert words in first.explanation
