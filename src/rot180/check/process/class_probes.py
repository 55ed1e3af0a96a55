"""The description of an operation that is sent to the child process, so that it can find out how to use a class.

The description contains names, sizes, and the results of a few small problems. The check itself uses other problems.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np

from ...errors import Rot180Error
from ..adapter.classes.arrangements import sample_forms
from ..adapter.classes.plan import dimensions, neutral, probe
from ..adapter.classes.words import PARAMETERS
from ..operations import Convolution, Definition
from ..operations.case import Problem
from .child.operation import FORMS, absent_key


@dataclass(frozen=True)
class OperationMessage:
    """The description of an operation that is sent to the child process."""

    definition: Definition
    given: Mapping[str, Any]

    def content(self) -> dict[str, Any]:
        """The values of the description, by name."""
        definition = self.definition
        names = dict.fromkeys((*definition.settings, *(("kernel_size",) if definition.axes else ())))
        return {
            **{name: getattr(definition, name) for name in FORMS},
            "convolution": isinstance(definition, Convolution),
            "defaults": {name: definition.default(name) for name in names},
            "given": dict(self.given),
            "probes": list(self.probes()),
        }

    def probes(self) -> Iterator[dict[str, Any]]:
        """The problems on which a class can be tried, without duplicates, with their results."""
        done = set()
        for ndim in dimensions(self.definition):
            for form in sample_forms(self.definition, ndim):
                key = form.single, form.grey, ndim
                if key not in done:
                    done.add(key)
                    with contextlib.suppress(Rot180Error, ValueError):  # the operation does not allow this size
                        yield probe_content(self.definition, probe(self.definition, form, self.given, ndim))


def probe_content(definition: Definition, problem: Problem) -> dict[str, Any]:
    """A problem with one result for each set of parameters that a class may lack."""
    parameters = {name: problem.arrays[name] for name in PARAMETERS if name in problem.arrays}
    names = list(parameters)
    subsets = chain.from_iterable(combinations(names, count) for count in range(len(names) + 1))
    results = {
        absent_key(absent): np.asarray(
            definition.forward({**problem.arrays, **neutral(list(absent), parameters)}, problem.case)
        )
        for absent in subsets
    }
    return {
        "settings": dict(problem.case.settings), "arrays": dict(problem.arrays), "dy": np.asarray(problem.dy),
        "results": results,
    }  # fmt: skip
