"""The compiled extension rot180._native (native/, C++): loading it, its windows and its choice of algorithms.

The extension is optional. If it is missing, everything runs on the numpy engine, and `unavailable()` gives the reason
in one line for `rot180 info`. ROT180_ISA=avx512, avx2 or baseline forces an instruction set; by default the best one of
the machine is used. The logger "rot180" reports once, at level DEBUG, which algorithm runs each kernel and geometry.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import EngineError, ShapeError
from ..window import Sizes, Window
from . import precision, threads
from .dispatch import Array

ALGORITHMS = ("automatic", "direct", "dense", "winograd", "winograd4", "depthwise")  # described in native/choice.h
MAX_SIZE = 2**31 - 1


@lru_cache(maxsize=1)
def unavailable() -> str | None:
    """The reason why the extension cannot run here, or None. Raises EngineError if ROT180_ISA is not usable."""
    try:
        import rot180._native  # noqa: F401
    except ImportError as error:
        if error.name == "rot180._native":
            return _reason_missing()
        if "ROT180_ISA=" in str(error):
            raise EngineError(f"engine: {error}") from None
        return f"the compiled extension cannot be loaded: {error}"
    return None


def _reason_missing() -> str:
    """The reason why the extension is missing: its compilation failed (the wheel is pure Python) or was not run."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        tags = distribution("rot180").read_text("WHEEL") or ""
    except PackageNotFoundError:
        tags = ""
    if "Tag: py3-none-any" in tags:
        return (
            "rot180 was installed without its compiled extension because the compilation failed; "
            "reinstall it with ROT180_REQUIRE_EXT=1 to see the error"
        )
    return "the compiled extension rot180._native is not part of this installation"


def _load(name: str) -> Any:
    """Load the extension at the first use of one of its names, and copy all of them into `compiled`."""
    import rot180._native as module

    module.set_num_threads(threads.get_num_threads())
    del compiled.__getattr__
    vars(compiled).update(vars(module))
    return getattr(module, name)


if TYPE_CHECKING:
    from .. import _native

    compiled = _native
else:
    compiled = ModuleType("compiled")  # a module, because its attributes are the fastest to read
    compiled.__getattr__ = _load


def contiguous(a: Array) -> Array:
    """Return `a` if the extension can read it, otherwise a C-contiguous and aligned copy; NumPy scalars become 0-d."""
    flags = a.flags
    if flags.c_contiguous and flags.aligned and isinstance(a, np.ndarray):
        return a
    return np.require(a, requirements=("C", "A"))


def compiled_window(window: Window) -> _native.Shape:
    """The window converted for the extension; convolutions with it use the algorithms selected now."""
    return window.__dict__.get(precision.algorithm) or build_window(window)


def build_window(window: Window) -> _native.Shape:
    """Convert the window for the extension. The result is cached in the window, so that no cache has to hash it."""
    algorithm = precision.algorithm
    # A stride or dilation on an axis with one position has no effect. It may have any size and must cost no memory or
    # time.
    stride, dilation = _used_steps(window.stride, window.y_size), _used_steps(window.dilation, window.kernel)
    sizes = (*window.x_size, *window.y_size, *window.kernel, *stride, *dilation, *window.padding)
    if max(sizes, default=0) > MAX_SIZE:
        raise ShapeError(f"the native engine takes sizes, steps and paddings up to {MAX_SIZE}; got {window}")
    shape = window.__dict__[algorithm] = compiled.Shape(
        window.x_size, window.y_size, window.kernel, stride, dilation, window.padding, window.groups, algorithm
    )
    return shape


def _used_steps(steps: Sizes, counts: Sizes) -> Sizes:
    """The strides or dilations, with 1 on every axis that has only one position or tap."""
    return tuple(1 if n == 1 else step for step, n in zip(steps, counts, strict=True))


# ---- algorithms ----


@contextmanager
def algorithm(name: str) -> Iterator[None]:
    """Force an algorithm inside the block wherever it fits, in the whole process; for tests and measurements."""
    if name not in ALGORITHMS:
        raise ValueError(f"extension.algorithm: there is no algorithm {name!r}; choose one of {', '.join(ALGORITHMS)}")
    before = precision.force_algorithm(None if name == "automatic" else name)
    try:
        yield
    finally:
        precision.force_algorithm(before)


def chosen_algorithm(contraction: str, window: Window, images: int, channels: int, outputs: int, dtype: Any) -> str:
    """The name of the algorithm that runs a contraction: "y", "x" or "w"."""
    single = np.dtype(dtype) == np.float32
    return compiled.algorithm(compiled_window(window), contraction, images, channels, outputs, single)


def log(call: str, algorithm: str, isa: str) -> None:
    """Report the algorithm of a call; the extension calls this once for every new kernel and geometry."""
    if logging := sys.modules.get("logging"):  # if logging is not imported, there are no handlers
        logging.getLogger("rot180").debug("%s: %s on %s", call, algorithm, isa)


def description() -> dict[str, str]:
    """The lines of `show_config` about the extension: instruction set, memory, algorithms."""
    current, usable = compiled.isa(), compiled.isas()
    others = f"; ROT180_ISA selects {' or '.join(i for i in usable if i != current)}" if len(usable) > 1 else ""
    rows = {f"  {name}": compiled.where(name) for name in ("dense", "depthwise", "winograd4", "winograd", "direct")}
    return {
        "native": f"available, on {current}{others}",
        "memory": f"{compiled.kept() / 2**20:.1f} MiB kept for the next calls",
        "algorithms": "the first of these that supports the call",
        **rows,
    }
