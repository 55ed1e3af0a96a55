"""Batch norm with the statistics of the batch, and layer norm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ... import functional as F
from .case import Array, Case, Problem
from .definition import distinct
from .functional import Form, Functional
from .names_of_settings import norm_dictionary

LARGEST_EPS = 0.1  # a larger value is not accepted as an eps
FEWEST = 3  # the fewest values per mean, because two different values always normalise to 1 and -1


@dataclass(frozen=True)
class Norm(Functional):
    """(x - mean) / sqrt(biased variance + eps) * gamma + beta."""

    arguments = ("x", "gamma", "beta")
    optional = ("gamma", "beta")
    gradients_of = ("x", "gamma", "beta")
    separate_by_axes = True
    guesses: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "eps": (1e-5, 1e-8, 1e-7, 1e-6, 1e-12, 1e-10, 1e-9, 1e-4, 1e-3, 0.0)
    }

    @property
    def in_dict(self) -> tuple[str, ...]:
        """The settings in CS231n's bn_param."""
        return ("eps",)

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings as bn_param in training mode."""
        return norm_dictionary(settings)

    def statistics_axes(self, case: Case) -> tuple[int, ...]:
        """The axes of x that the mean is taken over."""
        return tuple(a for a in range(len(case.shapes["x"])) if a != 1)

    def parameter_axes(self, case: Case) -> tuple[int, ...]:
        """The axes of x that gamma and beta have."""
        return (1,)

    def read_off(self, setting: str, problem: Problem, y: Array) -> float | None:
        """Compute eps from a result: the squared denominator minus the variance."""
        x, case = problem.arrays["x"], problem.case
        if setting != "eps" or y.shape != x.shape:
            return None
        along = [n if axis in self.parameter_axes(case) else 1 for axis, n in enumerate(x.shape)]
        gamma, beta = (
            problem.arrays[name].reshape(along) if name in problem.arrays else 1.0 - i
            for i, name in enumerate(("gamma", "beta"))
        )
        axes = self.statistics_axes(case)
        off = x - x.mean(axes, keepdims=True)
        with np.errstate(all="ignore"):  # division by 0 where y equals beta
            under = (off * gamma / (y - beta)) ** 2 - x.var(axes, keepdims=True)
        if not np.isfinite(under).any():
            return None
        eps = float(f"{float(np.nanmedian(under)):.4g}")
        return eps if 0 < eps < LARGEST_EPS else None

    def sample(self, argument: str, shape: tuple[int, ...], rng: np.random.Generator, unit: float, case: Case) -> Array:
        """Draw an x whose cells are all different, so that no variance is 0."""
        if argument != "x":
            return super().sample(argument, shape, rng, unit, case)
        x = distinct(rng, shape, 0.125)
        return x if unit == 1 else x + rng.uniform(-0.05, 0.05, shape)

    def fewest(self, letter: str, form: Form) -> int:
        """The smallest size of an axis: enough samples for a variance."""
        return FEWEST if letter == "N" else 1


@dataclass(frozen=True)
class BatchNorm(Norm):
    """Batch norm of (N, C) or (N, C, H, W), over all axes except the channels."""

    layouts = ("channels_first", "channels_last")


@dataclass(frozen=True)
class LayerNorm(Norm):
    """Layer norm over the last axis of (N, D), or over the axes of `normalized_shape`."""

    layouts = ("channels_first",)

    @property
    def settings(self) -> tuple[str, ...]:
        """eps, and the sizes of the last axes."""
        return ("eps", "normalized_shape")

    def default(self, setting: str) -> Any:
        """The default of a setting; normalized_shape has none."""
        return None if setting == "normalized_shape" else super().default(setting)

    def setting(self, case: Case, name: str) -> Any:
        """The value of a setting. If normalized_shape is not given, it is the size of the last axis."""
        found = super().setting(case, name)
        return case.shapes["x"][-1:] if name == "normalized_shape" and found is None else found

    def forms_of(self, fixed: Mapping[str, Any]) -> tuple[Form, ...]:
        """By default, x has one normalised axis. If normalized_shape is given, one or two axes precede it."""
        count = len(_sizes(fixed))
        if not count:
            return self.forms
        last = "DHWZ"[:count]
        return tuple({"x": lead + last, "gamma": last, "beta": last} for lead in ("N", "NC"))

    def shapes(self, form: Form, sizes: Mapping[str, int], fixed: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The shapes of the arrays. The last axes have the sizes of normalized_shape."""
        return super().shapes(form, {**sizes, **dict(zip("DHWZ", _sizes(fixed), strict=False))}, fixed)

    def statistics_axes(self, case: Case) -> tuple[int, ...]:
        """The last axes."""
        ndim, count = len(case.shapes["x"]), len(_sizes(case.settings)) or 1
        return tuple(range(ndim - count, ndim))

    parameter_axes = statistics_axes

    def fewest(self, letter: str, form: Form) -> int:
        """The smallest size of an axis. If normalized_shape is given, its axes are never reduced."""
        if letter not in form["gamma"]:
            return 1
        return FEWEST if form in self.forms else 10**9


def _sizes(settings: Mapping[str, Any]) -> tuple[int, ...]:
    given = settings.get("normalized_shape")
    if given is None:
        return ()
    return (int(given),) if np.ndim(given) == 0 else tuple(int(n) for n in given)


def _batch_norm(a: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    eps = settings["eps"] or 1e-300  # F.batch_norm rejects 0, and 1e-300 is negligible next to a variance
    return F.batch_norm(a["x"], None, None, a.get("gamma"), a.get("beta"), True, 0.1, eps)


def _layer_norm(a: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    sizes = _sizes(settings) or a["x"].shape[-1:]
    return F.layer_norm(a["x"], sizes, a.get("gamma"), a.get("beta"), settings["eps"])


_EPS = {"eps": 1e-5}
_VARIED: tuple[dict[str, Any], ...] = ({}, {"eps": 1e-3})

NORMS: dict[str, Functional] = {
    "batch_norm": BatchNorm(
        "batch_norm", _batch_norm,
        ({"x": "NC", "gamma": "C", "beta": "C"}, {"x": "NCHW", "gamma": "C", "beta": "C"}), _EPS, _VARIED,
    ),
    "layer_norm": LayerNorm("layer_norm", _layer_norm, ({"x": "ND", "gamma": "D", "beta": "D"},), _EPS, _VARIED),
}  # fmt: skip
