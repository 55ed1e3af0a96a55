"""The layouts of the user's arrays. The checker itself uses (N, C, *spatial), and PyTorch's layout for weights.

    channels_first   the checker's own layout
    channels_last    x, y (N, *spatial, C); weights (*kernel, in, out), of a transposed layer (*kernel, out, in). The
                     weight of a linear layer, which has no kernel, is (in, out), as in x @ w
    bare             x, y and w are single matrices without batch and channels; b is a number

forms.py converts the arrays.
"""

from __future__ import annotations

from ...errors import Rot180Error
from ...spelling import unknown_name
from ..operations import Definition
from .forms import Form

NAMES = {
    "channels_first": ("channels_first", "ncw", "nchw", "ncdhw"),
    "channels_last": ("channels_last", "nwc", "nhwc", "ndhwc"),
    "bare": ("bare", "w", "hw", "dhw"),
}


class UnknownLayoutError(Rot180Error, ValueError):
    """No layout has this name."""


def find(name: str, definition: Definition) -> str:
    """Return the layout with this name, ignoring case. Raises UnknownLayoutError if it is not supported."""
    for layout, names in NAMES.items():
        if str(name).lower() in names:
            if layout not in definition.layouts:
                raise UnknownLayoutError(
                    f"check.layer: {definition.name} does not support layout {name!r}; "
                    f"use {', '.join(definition.layouts)}"
                )
            return layout
    raise UnknownLayoutError(
        f"check.layer: {unknown_name('layout', name, [n for names in NAMES.values() for n in names])}"
    )


def form_of(layout: str) -> Form:
    """The usual form of the arrays in a layout."""
    if layout == "bare":
        return Form(absent=frozenset("NCF"), vectors="number")
    return Form(layout)


def name_of(form: Form) -> str:
    """The name of the layout of a form."""
    return "bare" if form.absent == frozenset("NCF") else form.layout
