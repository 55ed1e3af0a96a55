"""Split the results of a forward into y and the cache, and those of a backward into gradients in order.

    y; (y, cache), also as a list or as a dict with these names; (loss, dx)
    (dx, dw, db), a list or a generator of them, a dict or a dataclass with their names
    dx              a single gradient, as an array or as nested lists of numbers

Internal to check/. This module does not judge the results.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .signature import ALIASES, CallingError

MARKS = ("grad_of_", "gradient_", "grad_", "delta_", "d_", "grad", "d")  # prefixes of gradients' names
Meaning = Callable[[str], str | None]


def normalise_forward(found: Any, ndim: int) -> Any:
    """Return the result of a forward as y or as a tuple that starts with y.

    Raises CallingError for a dict whose keys do not show which entry is y.

    Args:
        ndim: the number of axes of y in the user's layout. It distinguishes [y, cache] from nested lists of numbers.
    """
    if isinstance(found, Mapping):
        return _from_dict(found)
    if not isinstance(found, list) or len(found) < 2 or _ndim(found) == ndim or _ndim(found[0]) != ndim:
        return found
    losses = ndim == 0 and all(_ndim(value) == 0 for value in found)  # one loss per sample
    return found if losses else tuple(found)


def _from_dict(found: Mapping[Any, Any]) -> Any:
    """Return (y, cache), or y, from a dict."""
    names = {str(key): value for key, value in found.items()}
    results = [name for name in names if name.lower() in ALIASES["y"].split()]
    caches = [name for name in names if name.lower() in ALIASES["cache"].split()]
    if len(results) != 1 or len(caches) != len(names) - 1:
        raise CallingError(
            f"check.layer: the forward returns a dict with {', '.join(map(repr, names))}; these names do not say which "
            "is the result and which is the cache; return y, or (y, cache)"
        )
    return (names[results[0]], names[caches[0]]) if caches else names[results[0]]


def split_forward(found: Any) -> tuple[Any, Any]:
    """Split the result of a forward into y and the cache, which is the rest of a tuple."""
    if isinstance(found, tuple) and len(found) > 1:
        return found[0], found[1] if len(found) == 2 else found[1:]
    return found, None


def gradients(found: Any, returns: Sequence[str], shape: tuple[int, ...], meanings: Meaning) -> list[Any]:
    """Return the gradients from the result of a backward, in the order of `returns`; None for a missing one.

    Args:
        shape: the shape of the first argument in `returns`, in the user's layout. It identifies a single gradient that
            is a nested list.
        meanings: maps the name of a gradient to its argument, with the same rules as for names of parameters.

    Raises CallingError if the gradients have names that do not identify them.
    """
    if (names := fields_of(found)) is not None:
        by_argument = _by_argument(names, returns, meanings)
        return [by_argument.get(argument) for argument in returns]
    if isinstance(found, types.GeneratorType):
        found = list(found)
    if not isinstance(found, tuple | list) or (len(returns) == 1 and _is_single_gradient(found, shape)):
        return [found]
    return list(found)[: len(returns)]


def fields_of(found: Any) -> dict[str, Any] | None:
    """Return the fields of a dict or a dataclass; None for anything else."""
    if isinstance(found, Mapping):
        return {str(key): value for key, value in found.items()}
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    return None


def _by_argument(names: Mapping[str, Any], returns: Sequence[str], meanings: Meaning) -> dict[str, Any]:
    """Map arguments to gradients: first by the names dx, dw, db, then by names such as grad_x, x_grad and x."""
    if len(names) == len(returns) == 1:
        return dict(zip(returns, names.values(), strict=True))
    found: dict[str, Any] = {}
    unknown = []
    for name in sorted(names, key=lambda name: name.lower() not in {f"d{argument}" for argument in returns}):
        possible = [argument for argument in _possible_arguments(name, meanings) if argument in returns]
        if possible and possible[0] not in found:
            found[possible[0]] = names[name]
        elif not possible:
            unknown.append(name)
    missing = [f"d{argument}" for argument in returns if argument not in found]
    if missing and unknown:
        raise CallingError(
            f"check.layer: the backward returns gradients named {', '.join(map(repr, names))}; these names do not "
            f"say which is {' and which is '.join(missing)}; name them {', '.join(f'd{a}' for a in returns)}, or "
            "return them in this order"
        )
    return found


def _possible_arguments(name: str, meanings: Meaning) -> list[str]:
    """The arguments whose gradient a name can mean: X for dX, grad_X, X_grad and X."""
    lower, bare = name.lower().strip("_"), name.strip("_")
    bare_names = [bare[len(mark) :] for mark in MARKS if lower.startswith(mark)]
    bare_names += [bare[: -len(mark)] for mark in ("_gradient", "_grad", "grad") if lower.endswith(mark)]
    found = [meanings(part.strip("_")) for part in [*bare_names, bare] if part.strip("_")]
    return [meaning for meaning in found if meaning is not None]


def _is_single_gradient(found: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """True if a tuple or list is a single gradient in nested lists, not a sequence of gradients."""
    if shape_of(found) == shape:
        return True
    if isinstance(found, tuple) or not found or shape_of(found[0]) == shape:
        return False
    return isinstance(found[0], list | int | float | np.number)


def _ndim(value: Any) -> int | None:
    shape = shape_of(value)
    return None if shape is None else len(shape)


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of a value; None for rows of different lengths and for an object whose conversion raises."""
    try:
        return np.shape(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # the conversion can run the user's code
        return None
