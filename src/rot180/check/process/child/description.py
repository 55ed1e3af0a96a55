"""Describe functions, errors and objects of the user's code with numbers and texts that can be sent.

The code is not trusted. If describing a part raises an exception, the description leaves out this part.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...adapter.foreign_arrays import as_numpy

MAX_TEXT = 2000  # the maximum length of a text
MAX_PARAMETERS = 100
PLAIN = (bool, int, float, str)


def describe_function(function: Callable[..., Any]) -> dict[str, Any]:
    """Describe a function: its name, its parameters, and whether it is a plain function without attributes."""
    innermost = function
    while isinstance(innermost, functools.partial):
        innermost = innermost.func
    name = getattr(function, "__name__", None)
    return {
        "name": text_of(name if isinstance(name, str) else type(innermost).__name__),
        "plain": inspect.isfunction(innermost),
        "parameters": _parameters(function),
    }


def _parameters(function: Callable[..., Any]) -> list[Any] | None:
    """Describe each parameter as [name, kind, has_default, default]; None if the function has no signature."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[:MAX_PARAMETERS]
    except (TypeError, ValueError):
        return None
    described = []
    for parameter in parameters:
        required = parameter.default is parameter.empty
        default = None if required else _plain_default(parameter.default)
        described.append([str(parameter.name), int(parameter.kind), not required, default])
    return described


def _plain_default(default: Any) -> Any:
    """A default as a plain value; other values are replaced by their repr."""
    if default is None or type(default) in PLAIN:
        return default
    if type(default) in (tuple, list) and all(type(part) in PLAIN for part in default):
        return default
    return text_of(repr(default))


def describe_error(error: BaseException, path: str) -> dict[str, Any]:
    """Describe an error: its type, its text, and the line of the user's file that raised it, or None."""
    line = None
    if not isinstance(error, SyntaxError):
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
        line = frames[-1].lineno if frames else None
    return {"kind": text_of(type(error).__name__), "text": text_of(error), "line": line}


def text_of(value: Any) -> str:
    """Convert a value to a text of limited length. Its `__str__` may raise."""
    try:
        return str(value)[:MAX_TEXT]
    except Exception:
        return f"a {type(value).__name__} that cannot be shown"


def sendable(value: Any) -> Any:
    """Return a value that can be sent: an array, a container or a dataclass; None for other values.

    Arrays of PyTorch, JAX and other libraries that support `__array__` or DLPack are converted to NumPy arrays.
    """
    if isinstance(value, np.ndarray | tuple | list | Mapping):
        return value
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return value
    return as_numpy(value)
