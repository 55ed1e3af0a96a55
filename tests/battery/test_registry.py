"""Every op and every layer has a row in the battery, and every recorded value belongs to a row."""

from __future__ import annotations

from collections import Counter
from types import ModuleType

import numpy as np

from rot180 import functional, nn
from rot180.tape import arithmetic, elementary, reduction, shape

from .case import Layer, is_float
from .recorded import RECORDED_WITH, TORCH, VALUES
from .registry import CASES

NOT_OPS = {
    functional: {"Gradients"},  # a named tuple
    nn: {
        "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterDict", "ParameterList", "Sequential", "init",
        "utils",
    },
    arithmetic: {"broadcast_to_shape", "sum_to", "choose", "unbroadcast"},  # parts of the others
    elementary: {"cast"},  # the op of Tensor.astype, which has a row
    reduction: {"argmax", "argmin"},  # no gradient
    shape: {"normal_axis"},
}  # fmt: skip


def public(module: ModuleType) -> set[str]:
    """The names in __all__, or else the functions that the module defines."""
    if hasattr(module, "__all__"):
        return set(module.__all__)
    names = {
        name: value
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and not name.endswith("_vjp")
    }
    return {
        name
        for name, value in names.items()
        if not isinstance(value, type) and getattr(value, "__wrapped__", value).__module__ == module.__name__
    }


def test_every_public_op_and_layer_has_a_row() -> None:
    ops = {case.op for case in CASES if not isinstance(case.ours, Layer)}
    layers = {case.op for case in CASES if isinstance(case.ours, Layer)}
    for module, exempt in NOT_OPS.items():
        assert exempt <= public(module), f"{module.__name__}: exempt, but not public: {exempt - public(module)}"
        missing = public(module) - exempt - (layers if module is nn else ops)
        assert not missing, f"{module.__name__}: write rows in tests/battery for {sorted(missing)}"


def test_names_are_unique() -> None:
    assert [name for name, n in Counter(case.id for case in CASES).items() if n > 1] == []


def test_every_recorded_value_belongs_to_a_row() -> None:
    assert RECORDED_WITH == TORCH
    assert set(VALUES) <= {case.id for case in CASES if case.peer is not None}, "run python -m tests.battery.record"


def test_inputs_repeat_and_something_is_differentiated() -> None:
    for case in CASES:
        first, again = case.make(), case.make()
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert any(map(is_float, first))
