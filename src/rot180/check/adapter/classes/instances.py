"""Create layers of other sizes from a layer object that the user passes.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ...operations import Definition
from .constructor import read_constructor
from .methods import ClassError, described, find_method
from .words import BACKWARDS, FORWARDS, LOSSES

SIZES = ("in", "out", "features", "kernel_size", "kernel_rows", "kernel_columns", "input_shape")


def is_instance(target: Any, definition: Definition) -> bool:
    """True if the target is an object with a forward and a backward, not a class or a function."""
    if isinstance(target, type) or inspect.isroutine(target):
        return False
    names = LOSSES if definition.loss else FORWARDS
    return find_method(target, names) is not None and find_method(target, BACKWARDS) is not None


def factory_of(layer: Any, definition: Definition) -> Callable[..., Any]:
    """Return a function that creates layers like this one, with other sizes.

    The function takes those parameters of the constructor that are sizes. The other parameters get the values of the
    layer's attributes with the same names. Raises ClassError if the layer has no such attribute.
    """
    kind = type(layer)
    constructor = read_constructor(kind, definition, [name.lstrip("_") for name in dir(layer)])
    signature = inspect.signature(kind)
    sizes = [name for name, role in constructor.roles.items() if role in (*SIZES, *definition.arguments)]
    if not definition.axes or "kernel_size" not in definition.settings:
        kept_sizes = sizes
    else:  # in a pooling, the kernel size is a setting
        kept_sizes = [name for name in sizes if not constructor.roles[name].startswith("kernel")]
    values, unknown = {}, []
    for name, parameter in signature.parameters.items():
        if name in kept_sizes or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        found = [getattr(layer, own) for own in (name, f"_{name}") if hasattr(layer, own)]
        if found and not callable(found[0]):
            values[name] = found[0]
        elif parameter.default is parameter.empty and constructor.roles.get(name) not in ("lr", "optimizer"):
            unknown.append(name)
    if unknown:
        raise ClassError(
            f"check.layer: the {described(layer)} object has no attribute {unknown[0]!r}, so the checker "
            f"cannot create one with other sizes; pass the class {described(layer)}, or a function that returns a layer"
        )

    def make(*arguments: Any, **keywords: Any) -> Any:
        return kind(*arguments, **{**values, **keywords})

    parameters = [p for p in signature.parameters.values() if p.name not in values]
    make.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    make.__name__ = kind.__name__
    make.__wrapped__ = kind.__init__  # type: ignore[attr-defined]
    return make
