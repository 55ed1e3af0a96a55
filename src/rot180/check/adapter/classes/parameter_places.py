"""Find where an object keeps its parameters, by names and shapes.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...operations.case import Array
from .arrangements import Arrangement, fitting_vector, fitting_weight
from .arrays_inside import Place, places
from .words import GRADIENT_LISTS, PARAMETER_LISTS, PARAMETERS, VALUES


def parameter_places(thing: Any, parameters: Mapping[str, Array]) -> dict[str, tuple[Place, Arrangement]]:
    """The places of the parameters inside an object, and their arrangements."""
    if isinstance(thing, type):
        return {}
    every = [place for place in places(thing) if np.asarray(place.read(thing)).dtype.kind == "f"]
    found: dict[str, tuple[Place, Arrangement]] = {}
    for number, (name, array) in enumerate(parameters.items()):
        for place in _likely(every, name, number):
            arranged = _fitting(name, array, np.shape(place.read(thing)))
            if arranged is not None and all(place != other for other, _ in found.values()):
                found[name] = (place, arranged)
                break
    return found


def _likely(every: list[Place], name: str, number: int) -> Iterator[Place]:
    """The places with a usual name of this parameter. For w, all other places except gradients follow."""
    words = PARAMETERS[name].split()
    plain = [place for place in every if not any(part in GRADIENT_LISTS for part in place.names)]
    for word in words:
        for place in plain:
            own = [part for part in place.names if part not in VALUES]
            if own and own[-1] == word and place.position is None:
                yield place
    for place in plain:
        if place.position == number and place.names and place.names[-1] in PARAMETER_LISTS:
            yield place
    if name == "w":
        yield from (place for place in plain if len(place.steps) == 1 and not place.names[-1].startswith(("d", "grad")))


def _fitting(name: str, array: Array, shape: tuple[int, ...]) -> Arrangement | None:
    if name == "w" or array.ndim > 1:
        return fitting_weight(array.shape, shape)
    return fitting_vector(array.size, shape)
