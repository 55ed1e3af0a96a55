"""The sets of test vectors. The operation, the name of the set and the seed determine every case and all array values.

`export` writes these cases. `verify` generates them again, so its result does not depend on numbers in the folder.

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
}  # the values of settings in the exhaustive set


@dataclass(frozen=True)
class VectorCase(Case):
    """A case with the name of its folder, which is part of the description in the report."""

    folder: str = ""

    def describe(self) -> str:
        """Describe the case: `001-stride2: x (2, 3, 5, 6), w (4, 3, 2, 3), stride 2`."""
        return f"{self.folder}: {super().describe()}"


@dataclass(frozen=True)
class VectorSet:
    """The cases of one operation.

    Attributes:
        name: one of SETS.
        seed: the seed of the random numbers, from 0 to MAX_SEED.

    Raises ValueError if the name or the seed is invalid.
    """

    definition: Convolution
    name: str
    seed: int

    def __post_init__(self) -> None:
        require_set(self.name)
        require_seed(self.seed)

    def problems(self) -> dict[str, Problem]:
        """Generate the random arrays of every case. Returns the problems by folder name, in order."""
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
    """Raise ValueError for a seed that is negative, too large, or not an integer."""
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"vectors: the seed must be an integer from 0 to {MAX_SEED}; got {seed!r:.80}")


def convolution(op: str) -> Convolution:
    """Return the definition of an operation that has vectors. Raises UnknownOperationError for other operations."""
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
        if case.dtype == "float64":  # float32 cases are left out, because the files hold float32 anyway
            yield case


def _ordinary(definition: Convolution, settings: dict[str, int]) -> list[Case]:
    """The ordinary cases with these settings, or with varied settings if none are given; [] if every case is
    impossible.
    """
    try:
        return list(definition.cases(settings, () if settings else definition.settings, "correlation"))
    except ShapeError:
        return []


def _smallest(definition: Convolution, case: Case) -> Case:
    """Reduce the sizes until each axis of the kernel has 2 cells and each spatial axis of x has 3."""
    while True:
        for less in definition.smaller(case):
            if min(less.shapes["w"][2:], default=2) >= 2 and min(less.shapes["x"][2:], default=3) >= 3:
                case = less
                break
        else:
            return case


def _short(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
