"""The condition under which an array is wrong, for errors that no known mistake explains: "padding is not 0".

Internal to check/. The texts are in texts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .evidence import Evidence

FEWEST = 2  # wrong and right problems on which a condition must hold; a single one can be chance


def condition_of(evidences: Sequence[Evidence], argument: str) -> str:
    """Return the simplest condition that is true on all wrong problems and false on all right ones; "" if none is."""
    wrong = [e for e in evidences if e.wrong(argument)]
    right = [e for e in evidences if not e.wrong(argument)]
    if min(len(wrong), len(right)) < FEWEST:
        return ""
    common = set.intersection(*[set(_conditions(e)) for e in wrong])
    met_where_right = {text for e in right for text in _conditions(e)}
    return next((text for text in _conditions(wrong[0]) if text in common - met_where_right), "")


def _conditions(ev: Evidence) -> Iterator[str]:
    """Yield the conditions that a problem meets, the simple ones first."""
    yield from _conditions_of_settings(ev)
    yield from _conditions_of_sizes(ev)
    if ev.problem.unit < 1:
        yield "the numbers are not integers"


def _conditions_of_settings(ev: Evidence) -> Iterator[str]:
    definition, given = ev.definition, ev.problem.case.settings
    for name in definition.settings:
        value, default = given.get(name, definition.default(name)), definition.default(name)
        values = value if isinstance(value, tuple) else (value,)
        if any(v != default for v in values):
            yield f"{name} is not {default}"
        else:
            yield f"{name} is {default}"
        if len(set(values)) > 1:
            yield f"{name} differs between the axes"
        if all(isinstance(v, int) for v in values):
            for most in range(2, max(values)):
                yield f"{name} is larger than {most}"


def _conditions_of_sizes(ev: Evidence) -> Iterator[str]:
    shapes = ev.problem.case.shapes
    x, w = shapes["x"], shapes.get("w", ())
    if len(x) == 4:
        yield "the images are not square" if x[2] != x[3] else "the images are square"
    if len(w) == 4:
        yield "the kernel is not square" if w[2] != w[3] else "the kernel is square"
        if x[2] != x[3] or w[2] != w[3]:
            yield "the images or the kernels are not square"
    yield "there is one sample" if x[0] == 1 else "there is more than one sample"
    for name, size in _channels(x, w):
        yield f"there is one {name}" if size == 1 else f"there is more than one {name}"
    if w:
        yield "w has as many input as output channels" if w[0] == w[1] else "w has not as many input as output channels"
    if any(size == 1 for size in w[2:]):
        yield "the kernel has an axis of size 1"
    if w[2:] and any(size % 2 == 0 for size in w[2:]):
        yield "the kernel has an even size"
    if ev.window is not None:
        yield from _conditions_of_window(ev)


def _channels(x: Sequence[int], w: Sequence[int]) -> Iterator[tuple[str, int]]:
    if len(x) > 1:
        yield "input channel" if w else "channel", x[1]
    if len(w) > 1:
        yield "output channel", w[0]


def _conditions_of_window(ev: Evidence) -> Iterator[str]:
    window: Any = ev.window
    if not window.ndim:
        return
    padded = [n + 2 * p for n, p in zip(window.x_size, window.padding, strict=True)]
    tiles = all(span == size for span, size in zip(window.spans, padded, strict=True))
    yield "the windows cover x exactly" if tiles else "the windows do not reach the last rows or columns of x"
    yield "windows overlap" if window.overlaps else "windows do not overlap"
