"""Find the arrays inside an object: in attributes, dicts, lists, parameter objects and closures.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, MutableSequence
from dataclasses import dataclass
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..foreign_arrays import as_numpy, like, stacked, to_numpy
from .words import VALUES, plain

MOST_STEPS = 3


@dataclass(frozen=True)
class Place:
    """The path to an array inside an object: attributes, keys, list indices and closure variables, outermost first."""

    steps: tuple[tuple[str, Any], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the path in lower case, without list indices."""
        return tuple(plain(str(key)) for kind, key in self.steps if kind != "item" or isinstance(key, str))

    @property
    def position(self) -> int | None:
        """The list index, if the last step is one; otherwise None."""
        kind, key = self.steps[-1]
        return key if kind == "item" and isinstance(key, int) else None

    def beside(self, name: str) -> Place:
        """The place with the last name replaced."""
        return Place((*self.steps[:-1], (self.steps[-1][0], name)))

    def read(self, thing: Any) -> Any:
        """The value at this place; None if it does not exist."""
        for kind, key in self.steps:
            try:
                thing = _part(thing, kind, key)
            except KeyboardInterrupt:
                raise
            except BaseException:
                return None
        together = stacked(thing)
        return to_numpy(thing) if together is None else together

    def write(self, thing: Any, value: np.ndarray[Any, Any]) -> None:
        """Store an array at this place. If the old array has the same shape, overwrite it, because other objects may
        refer to it.
        """
        old = thing
        for kind, key in self.steps:
            old = _part(old, kind, key)
        if isinstance(old, np.ndarray) and old.shape == value.shape and old.dtype.kind == "f" and old.flags.writeable:
            old[...] = value
            return
        stored = like(old, value)
        for kind, key in self.steps[:-1]:
            thing = _part(thing, kind, key)
        kind, key = self.steps[-1]
        if kind == "attribute":
            setattr(thing, key, stored)
        elif kind == "variable":
            _cells(thing)[key].cell_contents = stored
        else:
            thing[key] = stored


def _part(thing: Any, kind: str, key: Any) -> Any:
    """The value at one step: an attribute, an item, or a closure variable."""
    if kind == "variable":
        return _cells(thing)[key].cell_contents
    return getattr(thing, key) if kind == "attribute" else thing[key]


def _cells(function: FunctionType) -> dict[str, CellType]:
    """The closure variables of a function."""
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def unwrapped(value: Any) -> Any:
    """The array inside an object such as a Tensor with `.data`. Other values are returned unchanged."""
    if not _holds_array(value):
        return value
    return next((vars(value)[name] for name in VALUES if isinstance(vars(value).get(name), np.ndarray)), value)


def places(thing: Any) -> list[Place]:
    """The places of all arrays inside an object. Closure variables come last."""
    return sorted(_search(thing, (), frozenset()), key=lambda place: sum(kind == "variable" for kind, _ in place.steps))


def _search(thing: Any, before: tuple[tuple[str, Any], ...], seen: frozenset[int]) -> Iterator[Place]:
    if as_numpy(thing) is not None and not _holds_array(thing):
        if before:
            yield Place(before)
        return
    if len(before) > MOST_STEPS or id(thing) in seen:
        return
    for step, part in _parts(thing):
        yield from _search(part, (*before, step), seen | {id(thing)})
    if before and stacked(thing) is not None:  # a list of filters is also one array
        yield Place(before)


def _holds_array(thing: Any) -> bool:
    """True for an object with an array in an attribute, for example a Tensor of the user's own class."""
    return any(isinstance(part, np.ndarray) for part in getattr(thing, "__dict__", {}).values())


def _parts(thing: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    if isinstance(thing, MutableMapping):
        for key, part in list(thing.items()):
            yield ("item", key), part
    elif isinstance(thing, MutableSequence | tuple):
        for position, part in enumerate(thing):
            yield ("item", position), part
    elif isinstance(thing, FunctionType):
        for name, cell in _cells(thing).items():
            try:
                yield ("variable", name), cell.cell_contents
            except ValueError:  # the variable has no value yet
                continue
    elif not isinstance(thing, type | ModuleType | MethodType | str | bytes | int | float | complex):
        for name, part in list(getattr(thing, "__dict__", {}).items()):
            yield ("attribute", name), part
        for name in getattr(type(thing), "__slots__", ()):
            if isinstance(name, str) and hasattr(thing, name):
                yield ("attribute", name), getattr(thing, name)
