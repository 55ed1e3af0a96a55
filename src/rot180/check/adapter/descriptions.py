"""Descriptions of exceptions, arguments and values that are not numeric, for messages.

Internal to check/.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

MAX_TEXT = 400  # the maximum length of an error or a name, in characters


def one_line(text: object, most: int = MAX_TEXT) -> str:
    """Truncate a text to `most` characters and escape its line ends and control characters."""
    shown = str(text)
    shown = shown if len(shown) <= most else f"{shown[:most]}..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)


def describe_exception(error: BaseException, function: Callable[..., Any]) -> str:
    """Describe an exception: `NameError: name 'foo' is not defined, line 3 of mine.py`.

    The line is the last one of the traceback that is in the function's own file.
    """
    said = text_of(error)
    text = one_line(f"{type(error).__name__}: {said}" if said else type(error).__name__)
    if place := getattr(error, "place", ""):  # set if the function ran in another process
        return f"{text}, {place}"
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    frames_in_file = [f for f in frames if code is not None and f.filename == code.co_filename]
    return (
        f"{text}, line {frames_in_file[-1].lineno} of {PurePath(frames_in_file[-1].filename).name}"
        if frames_in_file
        else text
    )


def text_of(error: BaseException) -> str:
    """The text of an exception; "" if `str` raises, because the user's class can override `__str__`."""
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""


def describe_arguments(arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Describe the arguments of a call: `x (2, 6, 7, 2), w (3, 2, 2, 3), stride 2`."""
    sizes = [f"{name} {np.shape(array)}" for name, array in arrays.items()]
    return ", ".join([*sizes, *[f"{name} {value}" for name, value in settings.items()]])


def describe_non_numeric(title: str, dtype: np.dtype[Any], value: Any) -> str | None:
    """Say why an array of this dtype cannot be a gradient or a result; None if it can."""
    if dtype.kind == "c":
        return f"{title} is {dtype}: take .real, because an inverse FFT returns complex numbers even for real input"
    if dtype.kind not in "fiub":
        kind = type(value).__name__ if not isinstance(value, np.ndarray) else f"an array of {dtype}"
        return f"{title} is {kind}, not a numeric array"
    return None
