"""The forms of arrays and settings that the checker tries, simple ones first, and its remarks on them.

A form combines independent choices: the order of the axes of w, absent axes, the shape of vectors, one-hot labels, and
one number per axis for a setting. Forms that differ from the usual form in few choices come first.

Internal to check/. forms.py converts the arrays, and running/form_search.py chooses the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ..operations import Definition
from ..operations.case import Array
from .forms import VECTORS, Form

MOST = 4  # the highest cost of a form that is tried
NUMERIC = ("stride", "padding", "dilation", "output_padding", "kernel_size")
LABELS = ("softmax_cross_entropy",)
_USUAL: dict[str, Any] = {}
_WEIGHTS = {
    "swapped": "(in, out, *kernel)",
    "last": "(*kernel, in, out)",
    "first": "(out, in, *kernel)",
    "outputs_first": "(out, *kernel, in)",
}
_VECTORS = ("row", "column", "broadcast", "planes", "number")
_ABSENT = {
    frozenset("N"): "x is passed as one image without an axis for the batch",
    frozenset("C"): "x is passed without an axis for channels",
    frozenset("CF"): "x, w and y are passed without axes for channels",
    frozenset("NC"): "x is passed as a single matrix",
    frozenset("NCF"): "x, w and y are passed as single matrices",
}

IN_OUT = (
    "w is passed as (in, out), as in x @ w, because the functions match the operation with this shape, but not with "
    "PyTorch's (out, in). Code that stores the weight as (out, in) must pass w.T to this layer."
)
COLUMNS = "x is passed as (in, samples), one sample per column, as in w @ x + b."
ONE_HOT = "t is passed as one-hot rows (N, C), because the functions refused every case with labels (N,)."
PER_AXIS = (
    "{names} passed as one number per axis, for example {first} (1, 1), because the functions refused every case with "
    "a single number."
)
REFUSED_FORM = (
    "{names} passed as {form} for C channels, because the functions refused every case with PyTorch's shape (C,)."
)
NEEDED = "{text}, because the functions do not match the operation in the usual form."
AS_GRADIENT = (
    "{names} passed as {form} for C channels, because {gradients} this shape. The forward also accepts PyTorch's "
    "shape (C,), but a gradient must have the shape of its array."
)


def forms(definition: Definition, usual: Form, arguments: Sequence[str], settings: Sequence[str]) -> list[Form]:
    """Return the usual form and the other forms to try, sorted by cost.

    Args:
        arguments, settings: the names of the arguments and settings that the code takes.
    """
    labels = [_USUAL, {"one_hot": True}] if definition.name in LABELS else [_USUAL]
    choices = (
        _weights(definition, usual, arguments), _absent_axes(definition, usual), _vectors(usual, arguments), labels,
        _settings_per_axis(definition, settings),
    )  # fmt: skip
    found = {}
    for parts in product(*choices):
        form = replace(usual, **{name: value for changes in parts for name, value in changes.items()})
        if (form.vectors != "number" or "F" in form.absent) and (cost := cost_of(form, usual)) <= MOST:
            found[form] = cost
    return sorted(found, key=lambda form: found[form])


def cost_of(form: Form, usual: Form) -> int:
    """The number of choices in which a form differs from the usual one. Each absent axis counts as one choice."""
    differ = (
        (form.layout, form.weight) != (usual.layout, usual.weight), form.vectors != usual.vectors,
        form.one_hot != usual.one_hot, form.per_axis != usual.per_axis,
    )  # fmt: skip
    return sum(differ) + len(form.absent ^ usual.absent)


def _weights(definition: Definition, usual: Form, arguments: Sequence[str]) -> list[dict[str, Any]]:
    if "w" not in arguments or usual.absent or usual.layout not in ("channels_first", "channels_last"):
        return [_USUAL]
    last = usual.layout == "channels_last"
    if definition.axes:
        orders = ("first", "outputs_first", "swapped") if last else ("swapped", "last", "outputs_first")
        return [_USUAL, *({"weight": order} for order in orders)]
    return [_USUAL] if last else [_USUAL, {"weight": "swapped"}, {"layout": "columns"}]


def _absent_axes(definition: Definition, usual: Form) -> list[dict[str, Any]]:
    if not definition.axes or usual.absent:
        return [_USUAL]
    outputs = "w" in definition.arguments
    return [_USUAL, *({"absent": axes} for axes in _ABSENT if outputs or "F" not in axes)]


def _vectors(usual: Form, arguments: Sequence[str]) -> list[dict[str, Any]]:
    if usual.absent or not set(VECTORS) & set(arguments):
        return [_USUAL]
    return [_USUAL, *({"vectors": name} for name in _VECTORS)]


def _settings_per_axis(definition: Definition, settings: Sequence[str]) -> list[dict[str, Any]]:
    names = [name for name in NUMERIC if name in settings] if definition.axes else []
    sets = [frozenset(names), *(frozenset([name]) for name in names), *(frozenset(names) - {name} for name in names)]
    return [_USUAL, *({"per_axis": each} for each in dict.fromkeys(sets) if each)]


# ---- remarks ----


def remarks(definition: Definition, form: Form, usual: Form, arguments: Sequence[str]) -> list[str]:
    """The remarks on the choices in which a form differs from the usual one."""
    found = []
    if form.layout == "columns" != usual.layout:
        found.append(COLUMNS)
    elif form.weight != usual.weight:
        order = _WEIGHTS[form.weight].replace(", *kernel", "") if not definition.axes else _WEIGHTS[form.weight]
        found.append(NEEDED.format(text=f"w is passed as {order}") if definition.axes else IN_OUT)
    if form.absent != usual.absent:
        found.append(NEEDED.format(text=_ABSENT[form.absent]))
    vectors = [name for name in VECTORS if name in arguments]
    if form.vectors != usual.vectors and vectors:
        found.append(REFUSED_FORM.format(names=_are(vectors), form=_vector_text(definition, form)))
    found += [ONE_HOT] if form.one_hot != usual.one_hot else []
    if form.per_axis != usual.per_axis:
        names = [name for name in NUMERIC if name in form.per_axis]
        found.append(PER_AXIS.format(names=_are(names), first=names[0]))
    return found


def form_of_gradients(
    definition: Definition, form: Form, gradients: Mapping[str, Array], x_ndim: int
) -> tuple[Form, str] | None:
    """Return the form in which b, gamma and beta have the shapes of the returned gradients, with a remark.

    Returns None if this is the form already in use. Also returns None if extra axes of the gradient are a mistake. For
    example, a channels-first forward that accepts a bias of shape (C,) reshapes the bias itself, so db must be (C,).
    """
    vectors = [name for name in VECTORS if name in gradients and gradients[name].ndim > 1]
    if not vectors or form.absent or all(form.is_vector(gradients[name], x_ndim) for name in vectors):
        return None
    images = definition.axes > 0
    if "b" in vectors and images and form.vectors == "flat" and form.layout == "channels_first":
        return None
    for name in ("broadcast", "planes") if images else ("row", "column", "broadcast", "planes"):
        other = replace(form, vectors=name)
        if all(other.is_vector(gradients[argument], x_ndim) for argument in vectors):
            has = " and ".join(f"d{argument}" for argument in vectors) + (" has" if len(vectors) == 1 else " have")
            text = AS_GRADIENT.format(names=_are(vectors), form=_vector_text(definition, other), gradients=has)
            return other, text
    return None


def _vector_text(definition: Definition, form: Form) -> str:
    if form.vectors == "number":
        return "a number"
    shape = form.vector_shape((definition.axes or 2) + 2)
    return f"({', '.join('C' if n < 0 else str(n) for n in shape)})"


def _are(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"
