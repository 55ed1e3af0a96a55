"""The condition under which an array is wrong, for errors that no known mistake explains. An example is "padding is not
0".

Internal to check/. The texts are in texts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod
from typing import Any

from .evidence import Evidence

FEWEST = 2  # the fewest wrong and right problems that support a condition; a single problem can match by chance

MANY_SAMPLES, MANY_OUTPUTS = 4, 5


def condition_of(evidences: Sequence[Evidence], argument: str) -> str:
    """Return the simplest condition that is true on all wrong problems and false on all right ones, or ""."""
    wrong = [e for e in evidences if e.wrong(argument)]
    right = [e for e in evidences if not e.wrong(argument)]
    return _separating(wrong, right, 1) if min(len(wrong), len(right)) >= FEWEST else ""


def condition_of_edges(wrong: Sequence[Evidence], right: Sequence[Evidence]) -> str:
    """Like `condition_of`, for a few wrong problems among many with different sizes; also tries pairs of conditions."""
    return _separating(wrong, right, 1) or _separating(wrong, right, 2)


def _separating(wrong: Sequence[Evidence], right: Sequence[Evidence], count: int) -> str:
    """Return the first `count` conditions that all wrong problems meet and that no right problem meets together."""
    met = [set(_conditions(e)) for e in wrong]
    common = [text for text in dict.fromkeys(_conditions(wrong[0])) if all(text in texts for texts in met)]
    elsewhere = [set(_conditions(e)) for e in right]
    for texts in combinations(common, count):
        if not any(texts_met.issuperset(texts) for texts_met in elsewhere):
            return " and ".join(texts)
    return ""


def _conditions(ev: Evidence) -> Iterator[str]:
    """Yield the conditions that a problem meets, the simple ones first."""
    case = ev.problem.case
    if case.dtype != "float64":
        yield f"the arrays are {case.dtype}"
    if case.factor != 1:
        yield "the numbers are large"
    yield from _conditions_of_settings(ev)
    yield from _conditions_of_kernel(ev)
    yield from _conditions_of_sizes(ev)
    if ev.problem.unit < 1:
        yield "the numbers are not integers"


def _conditions_of_kernel(ev: Evidence) -> Iterator[str]:
    """Yield conditions that compare the kernel or the pooling window with stride and padding."""
    case, definition = ev.problem.case, ev.definition
    if not definition.axes:
        return
    kernel, stride, padding = (_per_axis(ev, name) for name in ("kernel_size", "stride", "padding"))
    kernel = kernel or case.shapes.get("w", ())[2:]
    if kernel and max(kernel) == 1:
        yield "the kernel has one cell"
    for least in (4, 5):
        if kernel and min(kernel) >= least:
            yield f"the kernel has at least {least} cells per axis"
    if kernel and stride and all(s > k for s, k in zip(stride, kernel, strict=True)):
        yield "the stride is larger than the kernel"
    if any(p >= k for p, k in zip(padding, kernel, strict=False)):
        yield "the padding is as large as the kernel"
    if prod(definition.y_shape(case)[2:]) == 1:
        yield "there is one output position"
    if ev.problem.case.settings.get("groups", 1) == case.shapes["x"][1] > 1:
        yield "there is one group per channel"


def _per_axis(ev: Evidence, name: str) -> tuple[int, ...]:
    """A setting as one number per axis; () if the operation does not have it or it is not a number."""
    definition = ev.definition
    if name not in definition.settings:
        return ()
    value = ev.problem.case.settings.get(name, definition.default(name))
    values = value if isinstance(value, tuple) else (value,) * definition.axes
    return values if all(isinstance(n, int) for n in values) else ()


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
            for most in range(default + 1, max(values)):
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
    if x[0] >= MANY_SAMPLES:
        yield f"there are at least {MANY_SAMPLES} samples"
    for name, size in _channels(x, w):
        yield f"there is one {name}" if size == 1 else f"there is more than one {name}"
    y = ev.definition.y_shape(ev.problem.case)
    if len(y) > 1 and y[1] >= MANY_OUTPUTS:
        yield f"there are at least {MANY_OUTPUTS} output channels"
    if len(y) > 1 and x[0] == y[1]:
        yield "there are as many samples as output channels"
    if len(x) > 1 and x[0] == x[1]:
        yield "there are as many samples as channels"
    if w:
        same = w[0] == w[1]
        yield f"w has {'as many input as' if same else 'different numbers of input and'} output channels"
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
