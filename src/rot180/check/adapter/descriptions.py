"""What the user's code raised, as a sentence: the error, and the line of their file.

Who may import it: the parts of check/. Deliberately absent: what follows from it.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np


def reason(error: Exception, function: Callable[..., Any]) -> str:
    """`NameError: name 'foo' is not defined, line 3 of mine.py`: the last line that is in the file of the function."""
    told = f"{type(error).__name__}: {error}"
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if code is not None and f.filename == code.co_filename]
    return f"{told}, line {theirs[-1].lineno} of {PurePath(theirs[-1].filename).name}" if theirs else told


def arguments(arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """`x (2, 6, 7, 2), w (3, 2, 2, 3), stride 2`: what a function was given."""
    sizes = [f"{name} {np.shape(array)}" for name, array in arrays.items()]
    return ", ".join([*sizes, *[f"{name} {value}" for name, value in settings.items()]])


def no_number(title: str, dtype: np.dtype[Any], value: Any) -> str | None:
    """Why an array of this dtype is no gradient and no result; None if it can be one."""
    if dtype.kind == "c":
        return f"{title} is {dtype}, so .real is missing: what an inverse FFT gives of real numbers is complex"
    if dtype.kind not in "fiub":
        kind = type(value).__name__ if not isinstance(value, np.ndarray) else f"an array of {dtype}"
        return f"{title} is not numeric but {kind}"
    return None
