"""Validate the settings that a user passes.

Internal to check/. adapter/settings.py passes settings to functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...errors import ShapeError
from ...window import hashable, per_axis, positive
from . import Definition
from .convolution import is_uneven

_LEAST = {"stride": 1, "dilation": 1, "kernel_size": 1, "padding": 0, "output_padding": 0}


def validate(definition: Definition, given: Mapping[str, Any]) -> dict[str, Any]:
    """Validate the settings. Returns them with tuples instead of lists.

    Raises TypeError for a setting that the operation does not have, and ValueError or its subclass ShapeError for an
    invalid value.
    """
    known = definition.settings
    if definition.axes and "kernel_size" not in known:
        known = (*known, "kernel_size")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise TypeError(
            f"check.layer: {definition.name} has no setting {', '.join(map(repr, unknown))}; "
            f"its settings are {', '.join(known) or 'none'}"
        )
    settings = {name: hashable(value) for name, value in given.items()}
    for name, value in settings.items():
        _require(definition, name, value)
    return settings


def _require(definition: Definition, name: str, value: Any) -> None:
    op = definition.name
    if name == "groups":
        positive(op, name, value)
    elif name == "normalized_shape":
        for size in value if isinstance(value, tuple) else (value,):
            positive(op, name, size)
    elif name in ("eps", "negative_slope"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{op}: {name} must be finite; got {value!r}")
    elif name in _LEAST and not (name == "padding" and is_uneven(value)):
        if min(per_axis(op, name, value, definition.axes)) < _LEAST[name]:
            raise ShapeError(f"{op}: {name} must be at least {_LEAST[name]}; got {value!r}")
