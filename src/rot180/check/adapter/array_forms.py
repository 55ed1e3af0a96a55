"""Other forms in which functions may take the same parameters: tried where the usual form is refused or is wrong.

Who may import it: the parts of check/. Deliberately absent: which one fits (runner.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..operations import Definition
from ..operations.case import Array

Form = tuple[int, ...]  # of a vector, as reshape takes it
Changes = dict[str, Any]  # of an Implementation
VECTORS = ("b", "gamma", "beta")
LABELS = ("softmax_cross_entropy",)

IN_OUT = (
    "w is taken as (in, out), as in x @ w: so the functions run and fit the operation, not with (out, in), which is "
    "PyTorch's. In a program that has its weights as (out, in) this layer needs w.T."
)
COLUMNS = "x is taken as (in, samples), a sample in each column, and b as (out, 1), as in w @ x + b."
ONE_HOT = "t is given as rows with a single 1, (N, C): with labels (N,) the functions refused every case."
PER_AXIS = "Settings are given as one number per axis, as in stride (1, 1): with one number the functions refused all."
REFUSED_FORM = "{names} given as {form}, C channels: with (C,), which is PyTorch's, the functions refused every case."
AS_GRADIENT = (
    "{names} given as {form}, C channels, because {gradients} that shape: with (C,), which is PyTorch's, the "
    "forward runs too, but a gradient has the shape of its array."
)


def others(
    definition: Definition, layout: str, arguments: Sequence[str], *, refused: bool
) -> Iterator[tuple[Changes, str]]:
    """With w of a linear layer as (in, out); where all is refused also with labels, settings and vectors of other
    shapes. Each with what is to be said of it."""
    linear = definition.name == "linear" and layout == "channels_first"
    if linear:
        yield {"layout": "channels_last"}, IN_OUT
    if not refused:
        return
    if definition.name in LABELS:
        yield {"one_hot": True}, ONE_HOT
    if definition.axes > 1:
        yield {"per_axis": True}, PER_AXIS
    vectors = [name for name in VECTORS if name in arguments]
    if vectors and layout != "bare":
        ones = (1,) * (definition.axes + 1)
        for form in dict.fromkeys([(*ones, -1), (1, -1, *ones[1:]), (-1, 1), (1, -1)]):
            yield (
                {"vectors": dict.fromkeys(vectors, form)},
                REFUSED_FORM.format(names=_are(vectors), form=_written(form)),
            )
    if linear:
        yield {"layout": "columns", "vectors": {"b": (-1, 1)}}, COLUMNS


def as_gradients(definition: Definition, layout: str, gradients: Mapping[str, Array]) -> dict[str, Form]:
    """The forms of vectors whose gradients came with more axes, all but one of them of one cell.

    None where nobody writes a vector so, and the axes were rather forgotten: b of x @ w.T + b is (out,), as PyTorch's
    is, b of x @ w + b also a row; that of images, channels first, does not meet them without a reshape; channels last
    it has all four axes or one.
    """
    if layout == "bare" or ("b" in definition.arguments and layout == "channels_first"):
        return {}
    found = {}
    for name in VECTORS:
        shape = gradients[name].shape if name in gradients else ()
        if name == "b" and len(shape) != definition.axes + 2:
            continue
        if len(shape) > 1 and sum(n != 1 for n in shape) == 1:
            found[name] = tuple(1 if n == 1 else -1 for n in shape)
    return found


def said(forms: Mapping[str, Form]) -> str:
    """Of vectors that are given in the form of their gradients."""
    form = _written(next(iter(forms.values())))
    return AS_GRADIENT.format(
        names=_are(forms),
        form=form,
        gradients=" and ".join(f"d{name}" for name in forms) + (" has" if len(forms) == 1 else " have"),
    )


def _written(form: Form) -> str:
    return f"({', '.join('C' if n < 0 else str(n) for n in form)})"


def _and(names: Sequence[str] | Mapping[str, Form]) -> str:
    return " and ".join(names)


def _are(names: Sequence[str] | Mapping[str, Form]) -> str:
    return f"{_and(names)} {'is' if len(names) == 1 else 'are'}"
