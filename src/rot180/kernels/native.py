"""The place of the compiled engine: the same entry points as the NumPy files, forwarded to the extension.

The extension is optional. Where it is missing (this version ships none) everything runs on the numpy engine, and
`unavailable()` says why in one line for `rot180 info`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any


def unavailable() -> str | None:
    """Why the compiled engine cannot run here, or None if it can."""
    if find_spec("rot180._native") is None:
        return "the compiled extension rot180._native is not part of this installation"
    return None


def operations() -> Mapping[str, Callable[..., Any]]:
    """The kernels that the extension has, by the names of `engines.KERNELS`; the rest run on numpy."""
    import rot180._native as extension  # type: ignore[import-not-found]

    found: Mapping[str, Callable[..., Any]] = extension.operations()
    return found
