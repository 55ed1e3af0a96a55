"""The compiled engine (`native/`, C++): the entry points of `conv.py`, forwarded to the extension rot180._native.

The extension is optional. Where it is missing everything runs on the numpy engine, and `unavailable()` says why in one
line for `rot180 info`. It takes C-contiguous arrays, so others are copied first; what it returns is C-contiguous.

ROT180_ISA=avx2 or baseline (or avx512) forces an instruction set; by default the best of the machine is taken. The
logger "rot180" says once, at level DEBUG, by which algorithm each kernel and geometry is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import EngineError, ShapeError
from ..window import Sizes, Window
from . import conv, threads
from .walk import Array

ALGORITHMS = ("automatic", "direct", "dense", "winograd", "winograd4", "depthwise")  # native/dispatch/algorithms.h: where
LARGEST = 2**31 - 1
_forced = "automatic"
_large_tiles = False  # whether the table's row winograd4 counts
_asked = "automatic"  # what the two come to, as the extension is told at every call


@lru_cache(maxsize=1)
def unavailable() -> str | None:
    """Why the compiled engine cannot run here, or None; EngineError if ROT180_ISA asks for what is not there."""
    try:
        import rot180._native  # noqa: F401
    except ImportError as error:
        if error.name == "rot180._native":
            return _missing()
        if "ROT180_ISA=" in str(error):
            raise EngineError(f"engine: {error}") from None
        return f"the compiled extension cannot be loaded: {error}"
    return None


def _missing() -> str:
    """A wheel for every machine is what an installation makes of itself where compiling fails."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        tags = distribution("rot180").read_text("WHEEL") or ""
    except PackageNotFoundError:
        tags = ""
    if "Tag: py3-none-any" in tags:
        return (
            "rot180 was installed without its compiled extension, because compiling it failed; installing it again "
            "with ROT180_REQUIRE_EXT=1 shows why"
        )
    return "the compiled extension rot180._native is not part of this installation"


def operations() -> Mapping[str, Callable[..., Any]]:
    """The kernels that the extension has, by the names of `engines.KERNELS`; the rest run on numpy."""
    from . import native_layers  # here, because it needs this file

    return {"conv_y": conv_y, "conv_x": conv_x, "conv_w": conv_w, **native_layers.OPERATIONS}


def shape(window: Window, algorithm: str) -> Any:
    """The window as the extension takes it, which the window itself remembers: a table would have to hash it."""
    found = window.__dict__.get(algorithm)
    if found is None:
        # a step that is never taken must not cost memory or time, and may be any number
        stride, dilation = _taken(window.stride, window.y_size), _taken(window.dilation, window.kernel)
        sizes = (*window.x_size, *window.y_size, *window.kernel, *stride, *dilation, *window.padding)
        if max(sizes, default=0) > LARGEST:
            raise ShapeError(f"the native engine takes sizes, steps and paddings up to {LARGEST}; this is {window}")
        found = window.__dict__[algorithm] = extension().Shape(
            window.x_size, window.y_size, window.kernel, stride, dilation, window.padding, window.groups, algorithm
        )
    return found


def _taken(steps: Sizes, counts: Sizes) -> Sizes:
    """The steps between so many places; 1 where there is one place alone."""
    return tuple(1 if n == 1 else step for step, n in zip(steps, counts, strict=True))


@lru_cache(maxsize=1)
def extension() -> Any:
    """The module, with as many threads as were asked for."""
    import rot180._native as module

    module.set_num_threads(threads.get_num_threads())
    return module


def log(call: str, algorithm: str, isa: str) -> None:
    """The extension calls this once for every new kernel and geometry."""
    if logging := sys.modules.get("logging"):  # whoever has not imported it does not listen
        logging.getLogger("rot180").debug("%s: %s on %s", call, algorithm, isa)


@contextmanager
def algorithm(name: str) -> Iterator[None]:
    """Force an algorithm inside the block, wherever it fits, in the whole process: for tests and measurements."""
    if name not in ALGORITHMS:
        raise ValueError(f"native.algorithm: there is no algorithm {name!r}; there are {', '.join(ALGORITHMS)}")
    before = _forced
    _ask(name, _large_tiles)
    try:
        yield
    finally:
        _ask(before, _large_tiles)


def allow_large_tiles(allowed: bool) -> None:
    """Whether the choice of algorithms may take winograd4, in the whole process: `precision.py` settles it."""
    _ask(_forced, allowed)


def _ask(forced: str, large_tiles: bool) -> None:
    global _forced, _large_tiles, _asked
    _forced, _large_tiles = forced, large_tiles
    _asked = "fast" if forced == "automatic" and large_tiles else forced


def choice(kernel: str, window: Window, images: int, channels: int, out: int, dtype: Any) -> str:
    """The algorithm that a contraction takes: `kernel` is "y", "x" or "w"."""
    single = np.dtype(dtype) == np.float32
    found: str = extension().algorithm(shape(window, _asked), kernel, images, channels, out, single)
    return found


def summary() -> dict[str, str]:
    """What `show_config` says of the extension."""
    module = extension()
    used, there = module.isa(), module.isas()
    others = f"; {' and '.join(i for i in there if i != used)} by ROT180_ISA" if len(there) > 1 else ""
    rows = {f"  {name}": module.where(name) for name in ("dense", "depthwise", "winograd4", "winograd", "direct")}
    return {
        "native": f"available, on {used}{others}",
        "memory": f"{module.kept() / 2**20:.1f} MiB kept for the next calls",
        "algorithms": "the first that fits",
        **rows,
    }


def conv_y(x: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract T over x and w: y (N, O, *y_size), plus `bias` (O,) on every position; with `relu` no less than 0."""
    if not (x.size and w.size):
        return conv.conv_y(x, w, window, bias, relu)
    geometry = shape(window, _asked)
    try:
        return extension().conv_y(geometry, x, w, bias, relu)
    except TypeError:
        return extension().conv_y(geometry, *contiguous(x, w), None if bias is None else contiguous(bias)[0], relu)


def conv_x(y: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract T over y and w: x (N, C, *x_size), plus `bias` (C,) on every position; with `relu` no less than 0."""
    if not (y.size and w.size):
        return conv.conv_x(y, w, window, bias, relu)
    geometry = shape(window, _asked)
    try:
        x = extension().conv_x(geometry, y, w)
    except TypeError:
        x = extension().conv_x(geometry, *contiguous(y, w))
    if bias is not None:
        extension().add_bias(x, contiguous(bias)[0], relu)
    elif relu:
        np.maximum(x, 0, out=x)
    return x


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """Contract T over x and y: w (O, C/G, *kernel), summed over the batch and all positions."""
    if not (x.size and y.size):
        return conv.conv_w(x, y, window)
    geometry = shape(window, _asked)
    try:
        return extension().conv_w(geometry, x, y)
    except TypeError:
        return extension().conv_w(geometry, *contiguous(x, y))


def contiguous(*arrays: Array) -> list[Array]:
    """The arrays as the extension takes them."""
    return [np.require(a, requirements=("C", "A")) for a in arrays]
