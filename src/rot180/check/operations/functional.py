"""Operations that call rot180.functional: the forward on arrays, and the gradients by automatic differentiation.

A `Functional` names the axes of its arguments by letters, so that its cases can be resized consistently:

    {"x": "NCHW", "gamma": "C"}

Internal to this folder. The operations themselves are in its other modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import Rot180Error
from ...kernels.dispatch import engine
from ...tape import Tensor, grad
from .case import Array, Arrays, Case, Problem, in_float64
from .definition import Definition
from .sizes_to_try import EDGE_SIZES, LARGE, ORDINARY_SIZES

Form = Mapping[str, str]


@dataclass(frozen=True)
class Functional(Definition):
    """One operation. Its `function` takes a dict of arrays or Tensors, and a dict of settings.

    Attributes:
        forms: the axes of each argument, with one entry for each number of axes to try.
        defaults: the settings with their defaults.
        tried: the settings to try if the user has not fixed them.
        homogeneous: True if f(c * x) = c * f(x) for every positive c. Such operations are also tried on large numbers.
    """

    name: str
    function: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    forms: tuple[Form, ...] = ({"x": "ND"}, {"x": "NCHW"})
    defaults: Mapping[str, Any] = field(default_factory=dict)
    tried: tuple[Mapping[str, Any], ...] = ({},)
    homogeneous: bool = False

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings."""
        return tuple(self.defaults)

    def default(self, setting: str) -> Any:
        """The default of a setting."""
        return self.defaults[setting]

    def _all(self, case: Case) -> dict[str, Any]:
        return {**self.defaults, **case.settings}

    # ---- the correct results ----

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of x."""
        return case.shapes["x"]

    def forward(self, arrays: Arrays, case: Case) -> Array:
        """The result, in float64."""
        with engine("numpy"):
            return np.asarray(self.function(in_float64(arrays), self._all(case)))

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The gradients of the arguments that are present."""
        arrays, names = in_float64(arrays), [name for name in self.gradients_of if name in arrays]
        leaves = [Tensor(arrays[name].copy(), requires_grad=True) for name in names]
        with engine("numpy"):
            y = self.function({**arrays, **dict(zip(names, leaves, strict=True))}, self._all(case))
            found = grad(y, leaves, Tensor(np.asarray(dy, float)))
        return {name: g.data for name, g in zip(names, found, strict=True) if g is not None}

    # ---- the cases to try ----

    def cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield the cases: all settings of `tried` at the first sizes, and only the last settings at the other
        sizes.
        """
        usable = [tried for tried in self.tried if all(name in open_settings for name in tried)]
        for number, sizes in enumerate(ORDINARY_SIZES):
            for form in self.forms_of(fixed):
                for tried in usable if number == 0 else usable[-1:]:
                    known = {name: self.defaults[name] for name in open_settings if name in self.defaults}
                    case = Case({**known, **tried, **fixed}, self.shapes(form, sizes, fixed), convention)
                    if self._exists(case):
                        yield case

    def edge_cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield edge cases: sizes and settings that code often treats separately."""
        settings = {name: self.defaults[name] for name in open_settings if name in self.defaults} | dict(fixed)
        for form in self.forms_of(fixed):
            ordinary = Case(settings, self.shapes(form, ORDINARY_SIZES[0], fixed), convention)
            large = [replace(ordinary, factor=LARGE)] if self.homogeneous else []
            edges = []
            for sizes in EDGE_SIZES:
                enough = {letter: max(size, self.fewest(letter, form)) for letter, size in sizes.items()}
                edges.append(Case(settings, self.shapes(form, enough, fixed), convention))
            yield from filter(self._exists, [*edges, replace(ordinary, dtype="float32"), *large])

    def forms_of(self, fixed: Mapping[str, Any]) -> tuple[Form, ...]:
        """The forms that match the fixed settings."""
        return self.forms

    def shapes(self, form: Form, sizes: Mapping[str, int], fixed: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The shape of each argument."""
        return {name: tuple(sizes[letter] for letter in letters) for name, letters in form.items()}

    def fewest(self, letter: str, form: Form) -> int:
        """The smallest size of an axis."""
        return 1

    def _exists(self, case: Case) -> bool:
        try:
            self.y_shape(case)
        except Rot180Error:
            return False
        return True

    def smaller(self, case: Case) -> Iterator[Case]:
        """Yield the case with one size less, on all arguments that have this axis."""
        form = self._form(case)
        sizes = {a: n for name in case.shapes for a, n in zip(form[name], case.shapes[name], strict=True)}
        for letter, size in sizes.items():
            if size > self.fewest(letter, form):
                less = {**sizes, letter: size - 1}
                shapes = {name: tuple(less[a] for a in form[name]) for name in case.shapes}
                made = replace(case, shapes=shapes)
                if self._exists(made):
                    yield made

    def _form(self, case: Case) -> Form:
        return next(
            form
            for form in self.forms_of(case.settings)
            if all(len(form[name]) == len(shape) for name, shape in case.shapes.items())
        )

    def bare(self, case: Case) -> Case | None:
        """The case with one sample and one channel, for images; None for other inputs."""
        return super().bare(case) if len(case.shapes["x"]) > 2 else None

    def draw_problem(self, case: Case, seed: int, unit: float) -> Problem:
        """Draw integers if unit is 1, otherwise fractions, away from points where the operation is not smooth."""
        rng = np.random.default_rng(seed)
        arrays = {name: self.sample(name, shape, rng, unit, case) for name, shape in case.shapes.items()}
        return Problem(case, arrays, np.asarray(off_zero(rng, self.y_shape(case), unit)), unit)

    def sample(self, argument: str, shape: tuple[int, ...], rng: np.random.Generator, unit: float, case: Case) -> Array:
        """Generate a random array for one argument."""
        return off_zero(rng, shape, unit)


def off_zero(rng: np.random.Generator, shape: tuple[int, ...], unit: float) -> Array:
    """Draw integers from -3 to 3 without 0 if unit is 1, otherwise numbers from 1/4 to 3 or their negatives."""
    size = rng.integers(1, 4, shape) * 1.0 if unit == 1 else rng.uniform(0.25, 3.0, shape)
    return np.asarray(size * rng.choice((-1.0, 1.0), shape))
