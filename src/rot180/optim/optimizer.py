"""Optimizer: the base class with parameter groups, the state per parameter, and the state dict.

Updates write into the parameters' arrays. Temporary values go into two scratch arrays that all parameters share, so a
step allocates no memory. The update rules are in `sgd.py`, `adam.py` and `rmsprop.py`, schedules in `lr_scheduler/`.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from ..errors import DtypeError, FormatError, ShapeError
from ..tape import Tensor, enable_grad, mark_written, zero_grad
from ..tape.operands import real
from ..tape.record import Array

Group = dict[str, Any]
Update = tuple[Tensor, Array, Array, Array, Array]  # parameter, its array, its gradient, two scratch arrays


class Optimizer:
    """Base class of the optimisers.

    Args:
        params: Tensors (`model.parameters()`), or groups of Tensors: dicts with "params" and their own options.
        defaults: the options that groups use unless they set their own.

    Attributes: param_groups, a list of dicts whose options may be changed at any time; state, a dict from each
    parameter to its state. Parameters that do not require a gradient are not updated. Raises ValueError for an empty
    list, a parameter that is not a leaf, or a parameter that occurs twice; TypeError for anything but Tensors.
    """

    _stepped = False  # True once step() was called; schedules check it
    _required_state: ClassVar[frozenset[str]] = frozenset()  # the keys that a parameter's state must have after a step

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self._pool: dict[np.dtype[Any], tuple[Array, Array]] = {}  # memory of the scratch arrays
        self._scratch: dict[Tensor, tuple[Array, Array]] = {}
        if isinstance(params, Tensor | np.ndarray):
            raise TypeError(
                f"{self._name}: params must be a list of Tensors or of dicts; got a single {type(params).__name__}"
            )
        if not isinstance(params, Iterable):
            hint = "; pass its parameters()" if hasattr(params, "parameters") else ""
            raise TypeError(
                f"{self._name}: params must be a list of Tensors or of dicts; got {type(params).__name__}{hint}"
            )
        items = list(params)
        if not items:
            raise ValueError(f"{self._name}: got an empty parameter list; pass model.parameters()")
        for group in items if isinstance(items[0], dict) else [{"params": items}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        """The name in error messages."""
        return type(self).__name__

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pool": {}, "_scratch": {}}

    def add_param_group(self, param_group: Group) -> None:
        """Add a group of parameters with its own options: {"params": [...], "lr": ...}."""
        if not isinstance(param_group, dict):
            raise TypeError(f"{self._name}: a parameter group must be a dict; got {type(param_group).__name__}")
        if "params" not in param_group:
            raise ValueError(f"{self._name}: a parameter group needs an entry 'params'; got {sorted(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(f"{self._name}: params is a set, which has no order; pass a list")
        group = {**self.defaults, **param_group, "params": [params] if isinstance(params, Tensor) else list(params)}
        self._check_params(group["params"])
        self._check_options(group)
        self.param_groups.append(group)

    def _check_params(self, params: list[Any]) -> None:
        if not params:
            raise ValueError(f"{self._name}: got a group with an empty parameter list")
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: parameter {i} is a {type(p).__name__}; a Tensor is needed")
            if not p.is_leaf:
                raise ValueError(f"{self._name}: parameter {i} was computed by an op; only leaves can be optimised")
        before = [p for group in self.param_groups for p in group["params"]]
        if any(count > 1 for count in Counter(map(id, (*before, *params))).values()):
            raise ValueError(f"{self._name}: a parameter occurs more than once; list each parameter once, in one group")

    def _check_options(self, group: Group) -> None:
        """Raise ValueError for invalid options; every optimiser overrides it."""

    def _check_nonnegative(self, group: Group, *names: str) -> None:
        for name in names:
            if not real(self._name, name, group[name]) >= 0:
                raise ValueError(f"{self._name}: {name} must be at least 0; got {group[name]}")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or to zeros if `set_to_none` is False."""
        for group in self.param_groups:
            zero_grad(group["params"], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: a function that computes the gradients and returns the loss; called first, with recording enabled.

        Returns the loss of the closure, or None. Raises ShapeError or DtypeError if a gradient's shape or dtype differs
        from its parameter's.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._stepped = True
        for group in self.param_groups:
            self._update(group)
        return loss

    def _update(self, group: Group) -> None:
        """Update the parameters of one group."""
        raise NotImplementedError(f"{self._name} has no _update")

    def _parameters_to_update(self, group: Group) -> Iterator[Update]:
        """Yield the parameters of a group that have a gradient; each is marked as written after its update."""
        scratch = self._scratch
        for p in group["params"]:
            node = p.node
            if node is None or node.grad is None:
                continue
            d, g = p.data, node.grad.data
            a, b = scratch.get(p) or self._allocate_scratch(p)
            if a.dtype is not d.dtype or not a.shape == d.shape == g.shape or g.dtype is not d.dtype:
                self._check_gradient(d, g)
                a, b = self._allocate_scratch(p)  # the parameter's array was replaced
            yield p, d, g, a, b
            mark_written(p)

    def _check_gradient(self, d: Array, g: Array) -> None:
        if g.shape != d.shape:
            raise ShapeError(
                f"{self._name}: a gradient has shape {g.shape} but its parameter has {d.shape}; zero_grad() first"
            )
        if g.dtype != d.dtype:
            raise DtypeError(f"{self._name}: a gradient is {g.dtype} but its parameter is {d.dtype}; zero_grad() first")

    def _allocate_scratch(self, p: Tensor) -> tuple[Array, Array]:
        """Two scratch arrays of p's shape and dtype, in shared memory; also convert p's state to its dtype."""
        d = p.data
        pool = self._pool.get(d.dtype)
        if pool is None or pool[0].size < d.size:
            size = max(q.data.size for group in self.param_groups for q in group["params"])
            pool = self._pool[d.dtype] = (np.empty(size, d.dtype), np.empty(size, d.dtype))
        views = (pool[0][: d.size].reshape(d.shape), pool[1][: d.size].reshape(d.shape))
        self._scratch[p] = views
        state = self.state.get(p, {})
        for name, value in state.items():
            if isinstance(value, np.ndarray):
                if value.shape != d.shape:
                    raise ShapeError(
                        f"{self._name}: {name} has shape {value.shape} but its parameter now has {d.shape}"
                    )
                state[name] = value.astype(d.dtype, copy=False)
        return views

    # ---- state dict ----

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state and the options: {"state": {0: {...}}, "param_groups": [{"params": [0], ...}]}.

        Parameters are numbered in the order of the groups; their state consists of ndarrays and numbers.
        """
        number = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = [{**_options(group), "params": [number[p] for p in group["params"]]} for group in self.param_groups]
        state = {number[p]: copy.deepcopy(s) for p, s in self.state.items() if p in number}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a copy of a state dict; raises FormatError if its groups or arrays do not fit these parameters."""
        if not isinstance(state_dict, dict) or not {"state", "param_groups"} <= state_dict.keys():
            raise FormatError(f"{self._name}.load_state_dict: a dict with 'state' and 'param_groups' is needed")
        groups = state_dict["param_groups"]
        ours, theirs = ([len(g["params"]) for g in some] for some in (self.param_groups, groups))
        if ours != theirs:
            raise FormatError(f"{self._name}.load_state_dict: the groups have {theirs} parameters; {ours} are needed")
        params = [p for group in self.param_groups for p in group["params"]]
        numbers = [i for group in groups for i in group["params"]]
        state = {}
        for number, p in zip(numbers, params, strict=True):
            if number in state_dict["state"]:
                saved = state_dict["state"][number]
                missing = self._required_state - saved.keys()
                if saved and missing:
                    raise FormatError(
                        f"{self._name}.load_state_dict: parameter {number} lacks {', '.join(sorted(missing))}; "
                        "is it the state of another optimizer?"
                    )
                state[p] = {name: self._restored(number, name, value, p.data) for name, value in saved.items()}
        merged = [{**group, **_options(new)} for group, new in zip(self.param_groups, groups, strict=True)]
        for group in merged:
            self._check_options(group)
        for group, new in zip(self.param_groups, merged, strict=True):
            group.update(new)
        self.state = state

    def _restored(self, number: int, name: str, value: Any, like: Array) -> Any:
        """One value of the state: an array in the parameter's dtype, or a number (PyTorch's `step` is a 0-d tensor)."""
        if value is None or isinstance(value, bool | int | float):
            return value
        a = value.data if isinstance(value, Tensor) else np.asarray(value)
        if name == "step" and a.ndim == 0:
            return int(a)
        if a.shape != like.shape:
            raise FormatError(
                f"{self._name}.load_state_dict: {name} of parameter {number} has shape {a.shape}; "
                f"{like.shape} is needed"
            )
        return a.astype(like.dtype)

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for i, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {i}", *[f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params"]]
        return "\n".join([*lines, ")"])


def _options(group: Group) -> Group:
    """A copy of the options of a group, without the group's parameters."""
    return copy.deepcopy({name: value for name, value in group.items() if name != "params"})
