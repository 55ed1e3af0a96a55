"""What a forward and a backward returned, taken apart: y and the cache, and the gradients in their order.

    y; (y, cache), also as a list or as a dict with these names; (loss, dx)
    (dx, dw, db), a list or a generator of them, a dict or a dataclass with their names
    dx              of one gradient, an array or rows of numbers

Who may import it: the parts of check/. Deliberately absent: whether any of it is right.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .signature import ALIASES, CallingError

MARKS = ("grad_of_", "gradient_", "grad_", "delta_", "d_", "grad", "d")  # before the name, or after it
Meaning = Callable[[str], str | None]


def of_forward(found: Any, ndim: int) -> Any:
    """What a forward returned, as y or a tuple with y at its head; CallingError for a dict that does not say which.

    Args:
        ndim: of y, as the functions have it: [y, cache] is told from rows of numbers by it.
    """
    if isinstance(found, Mapping):
        return _of_names(found)
    if not isinstance(found, list) or len(found) < 2 or _ndim(found) == ndim or _ndim(found[0]) != ndim:
        return found
    losses = ndim == 0 and all(_ndim(value) == 0 for value in found)  # of the samples, one each
    return found if losses else tuple(found)


def _of_names(found: Mapping[Any, Any]) -> Any:
    """(y, cache), or y, from a dict."""
    names = {str(key): value for key, value in found.items()}
    results = [name for name in names if name.lower() in ALIASES["y"].split()]
    caches = [name for name in names if name.lower() in ALIASES["cache"].split()]
    if len(results) != 1 or len(caches) != len(names) - 1:
        raise CallingError(
            f"check.layer: the forward returns a dict with {', '.join(map(repr, names))}; which of them is the result "
            "and which the cache cannot be told; return y, or (y, cache)"
        )
    return (names[results[0]], names[caches[0]]) if caches else names[results[0]]


def parts(found: Any) -> tuple[Any, Any]:
    """What a forward returned: y, and the cache, which is what comes after it in a tuple."""
    if isinstance(found, tuple) and len(found) > 1:
        return found[0], found[1] if len(found) == 2 else found[1:]
    return found, None


def gradients(found: Any, returns: Sequence[str], shape: tuple[int, ...], meanings: Meaning) -> list[Any]:
    """The gradients that a backward returned, in the order of `returns`, as they are; None for one that is missing.

    Args:
        shape: of the first of `returns`, as the functions have it: one gradient may come as rows of numbers.
        meanings: which argument a name means, as parameters' names do.

    Raises CallingError where they have names that do not say which is which.
    """
    if (names := named(found)) is not None:
        by_argument = _by_argument(names, returns, meanings)
        return [by_argument.get(argument) for argument in returns]
    if isinstance(found, types.GeneratorType):
        found = list(found)
    if not isinstance(found, tuple | list) or (len(returns) == 1 and _is_one(found, shape)):
        return [found]
    return list(found)[: len(returns)]


def named(found: Any) -> dict[str, Any] | None:
    """The fields of a dict or a dataclass; None of anything else."""
    if isinstance(found, Mapping):
        return {str(key): value for key, value in found.items()}
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    return None


def _by_argument(names: Mapping[str, Any], returns: Sequence[str], meanings: Meaning) -> dict[str, Any]:
    """{argument: gradient}: by dx, dw, db themselves, then by what the names of arguments mean, with a mark or none."""
    if len(names) == len(returns) == 1:
        return dict(zip(returns, names.values(), strict=True))
    found: dict[str, Any] = {}
    unknown = []
    for name in sorted(names, key=lambda name: name.lower() not in {f"d{argument}" for argument in returns}):
        meant = [argument for argument in _meant(name, meanings) if argument in returns]
        if meant and meant[0] not in found:
            found[meant[0]] = names[name]
        elif not meant:
            unknown.append(name)
    missing = [f"d{argument}" for argument in returns if argument not in found]
    if missing and unknown:
        raise CallingError(
            f"check.layer: the backward returns gradients named {', '.join(map(repr, names))}; which of them is "
            f"{' and which '.join(missing)} cannot be told; name them {', '.join(f'd{a}' for a in returns)}, or return "
            "them in this order"
        )
    return found


def _meant(name: str, meanings: Meaning) -> list[str]:
    """What a name may mean: dX and grad_X what X does, X_grad too, and X itself."""
    lower, bare = name.lower().strip("_"), name.strip("_")
    bare_names = [bare[len(mark) :] for mark in MARKS if lower.startswith(mark)]
    bare_names += [bare[: -len(mark)] for mark in ("_gradient", "_grad", "grad") if lower.endswith(mark)]
    found = [meanings(part.strip("_")) for part in [*bare_names, bare] if part.strip("_")]
    return [meaning for meaning in found if meaning is not None]


def _is_one(found: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Whether a tuple or list is one gradient in rows, and no sequence that holds it."""
    if _shape(found) == shape:
        return True
    if isinstance(found, tuple) or not found or _shape(found[0]) == shape:
        return False
    return isinstance(found[0], list | int | float | np.number)


def _ndim(value: Any) -> int | None:
    shape = _shape(value)
    return None if shape is None else len(shape)


def _shape(value: Any) -> tuple[int, ...] | None:
    """None where the rows are not equally long."""
    try:
        return np.shape(value)
    except ValueError:
        return None
