"""Read the parameters of a constructor (sizes, settings, arrays), and create objects for a problem.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...operations import Convolution, Definition
from ...operations.case import Array, Case
from ..signature import DICTS
from .arrangements import Arrangement, SampleForm
from .methods import unknown
from .size_config import SizeConfig
from .step_of_one import StepOfOne
from .words import ACTIVATIONS, BATCHES, MOMENTA, OPTIMISERS, RATES, constructor_words, plain

# The roles of required parameters whose names are unknown, in order.
ORDERS = {"linear": ("in", "out"), "conv": ("in", "out", "kernel_size")}


@dataclass(frozen=True)
class Variant:
    """One choice for the details of a call that the parameter names do not show.

    Attributes:
        pairs: True to pass a kernel size as one number per axis, and a number of features as (n,).
        vector: the shape in which b is passed, as an argument of reshape.
        activation: if the layer has an activation by default, the argument that turns it off; "" keeps the default.
        in_place: True if an optimizer changes the parameters in place, False if it returns new ones.
        one_hot: True to pass labels as one-hot rows.
        sizes: the content of a parameter that takes several sizes in one tuple: "w" for the shape of the weight, "x"
            for the shape of a sample, "list" for the sizes in order; "" if there is no such parameter.
    """

    pairs: bool = False
    vector: tuple[int, ...] = (-1,)
    activation: str | None = ""
    in_place: bool = False
    one_hot: bool = False
    sizes: str = ""


@dataclass(frozen=True)
class Constructor:
    """A class or a factory function, and the roles of its parameters.

    Attributes:
        target: the class or the factory function.
        roles: maps the names of the parameters that are passed to their roles, for example "in" or "stride".
        defaults: maps the names of parameters to their defaults.
        tuples: the parameters that may take several sizes in one tuple, judging by their names.
        read: the roles that the code has read from a dict of settings so far.
    """

    target: Callable[..., Any]
    definition: Definition
    roles: Mapping[str, str]
    defaults: Mapping[str, Any]
    tuples: tuple[str, ...] = ()
    read: set[str] = field(default_factory=set, compare=False)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the constructor takes, with their defaults in the code (None if there is none)."""
        known = (*self.definition.settings, *(("kernel_size",) if self.definition.axes else ()))
        found = {role: self.defaults.get(name) for name, role in self.roles.items() if role in known}
        if "settings" in self.roles.values():
            in_dict = [name for name in self.definition.in_dict if not self.read or name in self.read]
            found |= {name: None for name in in_dict if name not in found}
        if "kernel_rows" in self.roles.values() and "kernel_size" in self.definition.settings:
            found.setdefault("kernel_size", None)
        if isinstance(self.definition, Convolution):
            found.pop("kernel_size", None)  # the weight determines it
        return found

    @property
    def activations(self) -> tuple[str, ...]:
        """The parameters whose default gives the layer an activation."""
        return tuple(n for n, default in self.defaults.items() if n.lower() in ACTIVATIONS and default is not None)

    def make(
        self, case: Case, form: SampleForm, arrays: Mapping[str, Array], weight: Arrangement, variant: Variant
    ) -> Any:
        """Create an object for the sizes and settings of a case.

        Args:
            arrays: the parameters, for a constructor that takes them.
            weight: the arrangement of w, for such a constructor.
        """
        values = {
            name: self._value(name, role, case, form, arrays, weight, variant) for name, role in self.roles.items()
        }
        if variant.activation != "":
            values |= dict.fromkeys(self.activations, variant.activation)
        if variant.sizes and self.tuples:
            values[self.tuples[0]] = self._sizes(variant.sizes, case, form, weight)
        thing = self.target(**values)
        if isinstance(thing, tuple | list) and len(thing) == 2 and all(map(callable, thing)):
            return {"forward": thing[0], "backward": thing[1]}
        return thing

    def _value(
        self, name: str, role: str, case: Case, form: SampleForm, arrays: Mapping[str, Array], weight: Arrangement,
        variant: Variant,
    ) -> Any:  # fmt: skip
        default = self.defaults.get(name)
        if role in arrays:
            return weight.to_user(arrays[role]) if role == "w" else arrays[role].reshape(variant.vector).copy()
        if role == "optimizer":
            return StepOfOne(variant.in_place)
        if role == "lr":
            return 1.0
        if role == "batch":
            return case.shapes["x"][0]
        if role == "momentum":
            return 0.0
        if role == "mode":
            return default if not isinstance(default, str) else self._mode(default)
        if role == "input_shape":
            return form.sample_shape(case.shapes["x"])
        if role == "settings":
            return self._config(case, form)
        if role in ("in", "out", "features"):
            size = self._size(role, case)
            return (size,) if variant.pairs and not self.definition.axes else size
        value = self._kernel(role, case) if role.startswith("kernel") else self.definition.setting(case, role)
        return self._in_form(name, role, value, default, pairs=variant.pairs)

    def _config(self, case: Case, form: SampleForm) -> SizeConfig:
        """The settings and the sizes, for a constructor that takes them in a dict."""
        settings, words = self._all_settings(case), constructor_words(self.definition)
        sizes = ("in", "out") if "w" in self.definition.arguments else ("features",)
        known = [role for role in sizes if role in words]
        values = {**settings, **{role: self._size(role, case) for role in known}, "lr": 1.0}
        if self.definition.axes:
            values |= {role: self._kernel(role, case) for role in ("kernel_size", "kernel_rows", "kernel_columns")}
        if "input_shape" in words:
            values["input_shape"] = form.sample_shape(case.shapes["x"])
        return SizeConfig(self.definition.dictionary(settings), values, {**words, "lr": " ".join(RATES)}, self.read)

    def _sizes(self, kind: str, case: Case, form: SampleForm, weight: Arrangement) -> tuple[Any, ...]:
        """The value of a parameter that takes several sizes."""
        if kind == "x":
            return form.sample_shape(case.shapes["x"])
        if kind == "w":
            return tuple(case.shapes["w"][axis] for axis in weight.order)
        sizes = (self._size("in", case), self._size("out", case))
        return (*sizes, self._kernel("kernel_size", case)) if self.definition.axes else sizes

    def _in_form(self, name: str, role: str, value: Any, default: Any, *, pairs: bool) -> Any:
        axes = self.definition.axes
        if isinstance(value, str):
            return value
        if isinstance(default, str):
            return default
        if role == "dilation" and default == 0 and isinstance(value, int):
            return value - 1  # code in which dilation is the number of zeros between the cells
        if isinstance(default, tuple | list) and not isinstance(value, tuple):
            return type(default)([value] * len(default))
        if axes > 1 and type(value) is int and role != "groups" and self._per_axis(name, role, default, pairs=pairs):
            return (value,) * axes
        return value

    def _per_axis(self, name: str, role: str, default: Any, *, pairs: bool) -> bool:
        """True if a setting is passed as one number per axis.

        Its default must not be a number, and `pairs`, its name or a tuple default of another parameter must suggest it.
        """
        if type(default) is int:
            return False
        windows = [self.defaults.get(n) for n, r in self.roles.items() if r in self.settings or r == "kernel_size"]
        return (
            pairs
            or (role == "kernel_size" and "shape" in name)
            or (role != "kernel_size" and any(isinstance(d, tuple) for d in windows))
        )

    def _all_settings(self, case: Case) -> dict[str, Any]:
        names = (*self.definition.settings, *(("kernel_size",) if self.definition.axes else ()))
        return {name: self.definition.setting(case, name) for name in names}

    def _mode(self, default: str) -> str:
        if self.definition.name.startswith("avg"):
            return "avg" if default in ("avg", "max_pool") else "average"
        return "max"

    def _kernel(self, role: str, case: Case) -> Any:
        value = self.definition.setting(case, "kernel_size")
        if role == "kernel_size" or value is None:
            return value
        sides = value if isinstance(value, tuple) else (value,) * max(2, self.definition.axes)
        return sides[-2] if role == "kernel_rows" else sides[-1]

    def _size(self, role: str, case: Case) -> int:
        x = case.shapes["x"]
        if role == "features" or role == "in":
            return x[-1] if self.definition.name == "layer_norm" else x[1]
        w, groups = case.shapes["w"], int(case.settings.get("groups", 1))
        return w[1] * groups if self.definition.transposed else w[0]


def read_constructor(
    target: Callable[..., Any], definition: Definition, known: Container[str] = ()
) -> Constructor:  # fmt: skip
    """Read the parameters of a class or a factory function. Raises ClassError if the role of a parameter is unknown.

    Args:
        known: the names of parameters whose values are known. Their roles may be unknown.
    """
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):  # a class implemented in C may have no signature
        parameters = []
    parameters = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    words = constructor_words(definition)
    roles: dict[str, str] = {}
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    unclear = []
    for parameter in parameters:
        role = _role(parameter, words, list(roles.values()))
        if role is None and parameter.default is parameter.empty and parameter.name not in known:
            unclear.append(parameter.name)
        elif role is not None:
            roles[parameter.name] = role
    if unclear:
        order = ORDERS["conv" if definition.axes else "linear"] if "w" in definition.arguments else ()
        missing = [role for role in order if role not in roles.values()]
        if len(unclear) > len(missing):
            raise unknown(target, "__init__", unclear[0])
        roles |= dict(zip(unclear, missing, strict=False))
    shapes = [name for name, role in roles.items() if name not in defaults and _can_be_tuple(name, role)]
    tuples = (*unclear, *(name for name in shapes if name not in unclear)) if "w" in definition.arguments else ()
    return Constructor(target, definition, roles, defaults, tuples)


def _can_be_tuple(name: str, role: str) -> bool:
    """True if the name of a parameter suggests several sizes, for example kernel_shape or dims."""
    several = plain(name).endswith(("shape", "dims", "sizes", "dim"))
    return several and role in ("in", "out", "kernel_size", "input_shape")


def _role(parameter: inspect.Parameter, words: Mapping[str, str], used: list[str]) -> str | None:
    lower = plain(parameter.name)
    optional = parameter.default is not parameter.empty
    if lower in DICTS.split() or (lower.endswith("param") and not optional):
        return "settings"
    if lower in OPTIMISERS:
        return "optimizer"
    if lower in BATCHES and not optional:
        return "batch"
    for role, names in words.items():
        if lower in names.split() and role not in used:
            arrays = role in ("w", "b", "gamma", "beta")
            return None if arrays and optional and parameter.default is not None else role
    if lower in RATES:
        return "lr"
    return "momentum" if lower in MOMENTA and optional and "gamma" not in words else None
