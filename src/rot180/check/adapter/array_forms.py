"""Other forms in which functions may take the same parameters, tried if the usual form is refused or wrong.

Internal to check/. running/runner.py decides which form fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..operations import Definition
from ..operations.case import Array

Form = tuple[int, ...]  # the shape of a vector, as an argument of reshape
Changes = dict[str, Any]  # attributes of an Implementation
VECTORS = ("b", "gamma", "beta")
LABELS = ("softmax_cross_entropy",)

IN_OUT = (
    "w is passed as (in, out), as in x @ w, because the functions match the operation in this form, but not with "
    "PyTorch's (out, in). Code that stores the weight as (out, in) must pass w.T to this layer."
)
COLUMNS = "x is passed as (in, samples), one sample per column, and b as (out, 1), as in w @ x + b."
ONE_HOT = "t is passed as one-hot rows (N, C), because the functions refused every case with labels (N,)."
PER_AXIS = (
    "Settings are passed as one number per axis, for example stride (1, 1), because the functions refused every "
    "case with a single number."
)
REFUSED_FORM = (
    "{names} passed as {form} for C channels, because the functions refused every case with PyTorch's shape (C,)."
)
AS_GRADIENT = (
    "{names} passed as {form} for C channels, because {gradients} this shape. The forward also accepts PyTorch's "
    "shape (C,), but a gradient must have the shape of its array."
)


def other_forms(
    definition: Definition, layout: str, arguments: Sequence[str], *, refused: bool
) -> Iterator[tuple[Changes, str]]:
    """Yield other forms of the parameters, each with a remark.

    These are w of a linear layer as (in, out) and, if everything is refused, other forms of labels, settings and
    vectors.
    """
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
                REFUSED_FORM.format(names=_names_text(vectors), form=_shape_text(form)),
            )
    if linear:
        yield {"layout": "columns", "vectors": {"b": (-1, 1)}}, COLUMNS


def forms_of_gradients(definition: Definition, layout: str, gradients: Mapping[str, Array]) -> dict[str, Form]:
    """Return the forms of vectors whose gradients have more axes, all but one of size 1.

    Returns nothing if the vector is never written in this form, because the extra axes are then a mistake: b of
    x @ w.T + b is (out,), as in PyTorch, while b of x @ w + b can also be a row. The bias of images in channels-first
    layout needs a reshape to broadcast; in channels-last layout it has four axes or one.
    """
    if layout == "bare" or ("b" in definition.arguments and layout == "channels_first"):
        return {}
    forms = {}
    for name in VECTORS:
        shape = gradients[name].shape if name in gradients else ()
        if name == "b" and len(shape) != definition.axes + 2:
            continue
        if len(shape) > 1 and sum(n != 1 for n in shape) == 1:
            forms[name] = tuple(1 if n == 1 else -1 for n in shape)
    return forms


def gradient_form_remark(forms: Mapping[str, Form]) -> str:
    """The remark on vectors that are passed in the form of their gradients."""
    form = _shape_text(next(iter(forms.values())))
    return AS_GRADIENT.format(
        names=_names_text(forms),
        form=form,
        gradients=" and ".join(f"d{name}" for name in forms) + (" has" if len(forms) == 1 else " have"),
    )


def _shape_text(form: Form) -> str:
    return f"({', '.join('C' if n < 0 else str(n) for n in form)})"


def _and(names: Sequence[str] | Mapping[str, Form]) -> str:
    return " and ".join(names)


def _names_text(names: Sequence[str] | Mapping[str, Form]) -> str:
    return f"{_and(names)} {'is' if len(names) == 1 else 'are'}"
