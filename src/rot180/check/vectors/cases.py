"""The sets of test vectors: an operation, the name of a set and a seed determine every case and every number.

`export` writes these cases. `verify` makes them again, so a verdict does not rest on numbers that the folder holds.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from ...errors import ShapeError
from .. import operations
from ..operations import Convolution, UnknownOperationError
from ..operations.case import Case, Problem
from ..operations.convolution import CONVOLUTIONS

SETS = ("tiny", "standard", "exhaustive")
MAX_SEED = (1 << 63) - 1
_STEPS = {
    "stride": (1, 2, 3),
    "padding": (0, 1, 2),
    "dilation": (1, 2),
    "groups": (1, 2),
    "output_padding": (0, 1),
}  # values of the exhaustive set


@dataclass(frozen=True)
class VectorCase(Case):
    """A case with the name of its folder, which the report shows wherever it describes the case."""

    folder: str = ""

    def describe(self) -> str:
        """Describe the case: `001-stride2: x (2, 3, 5, 6), w (4, 3, 2, 3), stride 2`."""
        return f"{self.folder}: {super().describe()}"


@dataclass(frozen=True)
class VectorSet:
    """The cases of one operation.

    Attributes:
        name: one of SETS.
        seed: of the random numbers, from 0 to MAX_SEED.

    Raises ValueError for another name or seed.
    """

    definition: Convolution
    name: str
    seed: int

    def __post_init__(self) -> None:
        require_set(self.name)
        require_seed(self.seed)

    def problems(self) -> dict[str, Problem]:
        """Draw the numbers of all cases; returns them by the names of their folders, in order."""
        made = {}
        for number, case in enumerate(_cases(self.definition, self.name)):
            settings = "".join(f"-{name}{_short(value)}" for name, value in case.settings.items())
            folder = f"{number:03d}{settings}"
            named = VectorCase(**vars(case), folder=folder)
            made[folder] = self.definition.problem(named, self.seed + number, 1.0)
        return made


def require_set(name: Any) -> None:
    """Raise ValueError for an unknown set."""
    if name not in SETS:
        raise ValueError(f"vectors: the set must be one of {', '.join(SETS)}; got {name!r:.80}")


def require_seed(seed: Any) -> None:
    """Raise ValueError for a seed that is not an integer, negative or too large."""
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"vectors: the seed must be an integer from 0 to {MAX_SEED}; got {seed!r:.80}")


def convolution(op: str) -> Convolution:
    """Return the definition of an operation that has vectors. Raises UnknownOperationError for others."""
    definition = operations.find(op)
    if not isinstance(definition, Convolution):
        raise UnknownOperationError(
            f"vectors: {op!r} has no vectors; the operations with vectors are {', '.join(CONVOLUTIONS)}"
        )
    return definition


def _cases(definition: Convolution, which: str) -> Iterator[Case]:
    if which == "tiny":
        for case in _ordinary(definition, {}):
            yield _smallest(definition, case) if definition.axes else case
        return
    if which == "standard" or not definition.axes:
        yield from _ordinary(definition, {})
    else:
        names = definition.settings
        for values in product(*(_STEPS[name] for name in names)):
            settings = dict(zip(names, values, strict=True))
            if settings.get("output_padding", 0) < max(settings["stride"], settings["dilation"]):
                yield from _ordinary(definition, settings)[:1]
    for case in definition.edge_cases({}, definition.settings, "correlation"):
        if case.dtype == "float64":  # the files hold float32 in any case
            yield case


def _ordinary(definition: Convolution, settings: dict[str, int]) -> list[Case]:
    """The ordinary cases with these settings, or with all; none if the settings leave no result at any size."""
    try:
        return list(definition.cases(settings, () if settings else definition.settings, "correlation"))
    except ShapeError:
        return []


def _smallest(definition: Convolution, case: Case) -> Case:
    """Remove cells as long as the kernel has two per axis and x has three."""
    while True:
        for less in definition.smaller(case):
            if min(less.shapes["w"][2:], default=2) >= 2 and min(less.shapes["x"][2:], default=3) >= 3:
                case = less
                break
        else:
            return case


def _short(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
