"""The worker's version of an operation's definition: names, sizes, and the results of a few problems.

adapter/classes/ tries a class on one small problem, to find out how its arrays are arranged. In the parent process, it
gets the problem and its result from a definition. The worker does not load the definitions, so the parent sends the
problems and the results. In the worker, this module replaces `check.operations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...operations.case import Array, Arrays, Case, Problem
from ...operations.names_of_settings import (
    convolution_dictionary,
    kernel_of_weight,
    norm_dictionary,
    pooling_dictionary,
)

FORMS = ("name", "axes", "transposed", "arguments", "optional", "gradients_of", "loss", "settings", "in_dict")


@dataclass(frozen=True)
class Definition:
    """The part of an operation's definition that can be sent.

    Attributes:
        name to in_dict: as in operations/definition.py.
        defaults: the defaults of the settings.
        probes: by case, a problem and its results. The keys of the results are the names of absent parameters.
    """

    name: str
    axes: int
    transposed: bool
    arguments: tuple[str, ...]
    optional: tuple[str, ...]
    gradients_of: tuple[str, ...]
    loss: bool
    settings: tuple[str, ...]
    in_dict: tuple[str, ...]
    defaults: Mapping[str, Any]
    probes: Mapping[str, tuple[Problem, Mapping[str, Array]]] = field(default_factory=dict)

    def default(self, setting: str) -> Any:
        """The default of a setting."""
        return self.defaults[setting]

    def setting(self, case: Case, name: str) -> Any:
        """The value of a setting in a case; None if the setting is not passed."""
        value = case.settings.get(name, self.defaults[name])
        if value is None and name == "kernel_size" and "w" in case.shapes:
            return kernel_of_weight(case.shapes["w"])
        if value is None and name == "normalized_shape":
            return case.shapes["x"][-1:]
        return value

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the names of CS231n's functions, and also with PyTorch's names."""
        if "kernel_size" in self.settings:
            return pooling_dictionary(settings, self.axes)
        if "w" in self.arguments:
            return convolution_dictionary(settings)
        return norm_dictionary(settings) if "gamma" in self.arguments else dict(settings)

    def problem(self, case: Case, seed: int, unit: float) -> Problem:
        """The problem for this case that the parent has sent. Raises ValueError if there is none."""
        return self._probe(case)[0]

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of the result of a problem that was sent."""
        return self._probe(case)[0].dy.shape

    def forward(self, arrays: Arrays, case: Case) -> Array:
        """The result of a problem that the parent has sent. Absent parameters count as 0 (gamma as 1)."""
        problem, results = self._probe(case)
        return results[absent_key(name for name in problem.arrays if arrays[name] is not problem.arrays[name])]

    def _probe(self, case: Case) -> tuple[Problem, Mapping[str, Array]]:
        key = case_key(case)
        if key not in self.probes:
            raise ValueError(f"{self.name} has no such case: {case.describe()}")
        return self.probes[key]


class Convolution(Definition):
    """A convolution or a linear layer. The shape of the weight determines the kernel size."""


def case_key(case: Case) -> str:
    """A key for the settings and the shapes of a case."""
    return repr((sorted(case.settings.items()), sorted(case.shapes.items())))


def absent_key(names: Any) -> str:
    """A key for a set of absent parameters."""
    return ",".join(sorted(names))


def read_operation(sent: Mapping[str, Any]) -> Definition:
    """Read the operation in a request."""
    probes = {}
    for part in sent["probes"]:
        arrays = part["arrays"]
        case = Case(part["settings"], {name: a.shape for name, a in arrays.items()})
        probes[case_key(case)] = Problem(case, arrays, part["dy"]), part["results"]
    kind = Convolution if sent["convolution"] else Definition
    return kind(**{name: sent[name] for name in FORMS}, defaults=sent["defaults"], probes=probes)
