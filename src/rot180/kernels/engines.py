"""The table of engines and the choice among them.

An engine is one implementation of the kernels, a column of the table:

    kernel                                          numpy        native
    conv_y conv_x conv_w                            conv.py      compiled, where it is installed
    bias_sums                                       bias.py      compiled where a profile asks for it
    norm_y norm_x affine_y                          norm.py      the same
    relu_y relu_x leaky_relu_y leaky_relu_x         activation.py  the same
    max_y max_taps max_x max_at average_y average_x pool.py      the same
    sigmoid_y sigmoid_x                             activation.py  the same
    cross_entropy_y cross_entropy_x                 cross_entropy.py  the same
    squared_error_y squared_error_x                 squared_error.py  the same
    add                                             sums.py      the same
    sgd adam                                        update.py    the same

The choice is made on entry to each kernel: a context variable (`with engine("numpy"):`) over the process default
(`ROT180_ENGINE`, else native where it is available, else numpy). A kernel that the native engine lacks runs on numpy
for that call and is listed by `show_config`; `engine("native", strict=True)` forbids the detour.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock
from typing import Any
from weakref import ReferenceType, ref

from ..errors import EngineError
from . import (
    activation,
    bias,
    conv,
    cross_entropy,
    native,
    norm,
    pool,
    precision,
    squared_error,
    sums,
    threads,
    update,
)

KERNELS: dict[str, Callable[..., Any]] = {
    "conv_y": conv.conv_y,
    "conv_x": conv.conv_x,
    "conv_w": conv.conv_w,
    "bias_sums": bias.bias_sums,
    "max_y": pool.max_y,
    "max_taps": pool.max_taps,
    "max_x": pool.max_x,
    "max_at": pool.max_at,
    "average_y": pool.average_y,
    "average_x": pool.average_x,
    "norm_y": norm.norm_y,
    "norm_x": norm.norm_x,
    "affine_y": norm.affine_y,
    "relu_y": activation.relu_y,
    "relu_x": activation.relu_x,
    "leaky_relu_y": activation.leaky_relu_y,
    "leaky_relu_x": activation.leaky_relu_x,
    "sigmoid_y": activation.sigmoid_y,
    "sigmoid_x": activation.sigmoid_x,
    "cross_entropy_y": cross_entropy.cross_entropy_y,
    "cross_entropy_x": cross_entropy.cross_entropy_x,
    "squared_error_y": squared_error.squared_error_y,
    "squared_error_x": squared_error.squared_error_x,
    "add": sums.add,
    "sgd": update.sgd,
    "adam": update.adam,
}
NAMES = ("numpy", "native")


class Engine:
    """One column of the table: an attribute per kernel, and the names of those that `detour` to numpy."""

    conv_y: Callable[..., Any]
    conv_x: Callable[..., Any]
    conv_w: Callable[..., Any]
    bias_sums: Callable[..., Any]
    max_y: Callable[..., Any]
    max_taps: Callable[..., Any]
    max_x: Callable[..., Any]
    max_at: Callable[..., Any]
    average_y: Callable[..., Any]
    average_x: Callable[..., Any]
    norm_y: Callable[..., Any]
    norm_x: Callable[..., Any]
    affine_y: Callable[..., Any]
    relu_y: Callable[..., Any]
    relu_x: Callable[..., Any]
    leaky_relu_y: Callable[..., Any]
    leaky_relu_x: Callable[..., Any]
    sigmoid_y: Callable[..., Any]
    sigmoid_x: Callable[..., Any]
    cross_entropy_y: Callable[..., Any]
    cross_entropy_x: Callable[..., Any]
    squared_error_y: Callable[..., Any]
    squared_error_x: Callable[..., Any]
    add: Callable[..., Any]
    sgd: Callable[..., Any]
    adam: Callable[..., Any]

    def __init__(self, name: str, own: dict[str, Callable[..., Any]], strict: bool) -> None:
        self.name = name
        self.detours = tuple(kernel for kernel in KERNELS if kernel not in own)
        for kernel, reference in KERNELS.items():
            setattr(self, kernel, own.get(kernel) or (_forbidden(name, kernel) if strict else reference))


_chosen: ContextVar[Engine | None] = ContextVar("rot180_engine", default=None)
_for_program: list[tuple[ReferenceType[engine], Engine]] = []  # chosen by `engine(...)` without a block; the last holds
_changing = Lock()
_default: Engine | None = None
_made: dict[tuple[str, bool], Engine] = {}


def current() -> Engine:
    """The engine that the next kernel call uses."""
    return _chosen.get() or (_for_program[-1][1] if _for_program else None) or _default or _start()


class block:
    """`with block("numpy"):` holds in its own context (thread, task), and nothing else changes at any moment."""

    def __init__(self, name: str, *, strict: bool = False) -> None:
        self._engine = make(name, strict)
        self._before: Engine | None = None

    def __enter__(self) -> Engine:
        self._before = _chosen.get()
        _chosen.set(self._engine)
        return self._engine

    def __exit__(self, *exception: object) -> None:
        _chosen.set(self._before)  # not by a token, which must be used once and in the context that made it


class engine(block):
    """Choose the engine: `rot180.engine("numpy")` for the program, or `with rot180.engine("native"):` for a block.

    A block holds in its own context (thread, task) alone; another engine may run in another thread at the same time.

    Args:
        name: "numpy" (the readable reference, always there) or "native" (compiled, optional).
        strict: raise an EngineError where the engine lacks a kernel, instead of running that call on numpy.

    Raises EngineError for another name, or for "native" where the extension is missing.
    """

    def __init__(self, name: str, *, strict: bool = False) -> None:
        # Whether a block follows is known at its beginning only: until then, or for good, the choice is the program's.
        super().__init__(name, strict=strict)
        self._before = _chosen.get()
        _chosen.set(None)
        with _changing:
            gone = [number for number, (choice, _) in enumerate(_for_program) if choice() is None]
            del _for_program[: gone[-1] if gone else 0]  # what is gone can begin no block, and covers what is older
            _for_program.append((ref(self), self._engine))

    def __enter__(self) -> Engine:
        with _changing:
            for entry in _for_program:
                if entry[0]() is self:  # it is not for the program after all, nor against the block around it
                    _for_program.remove(entry)
                    _chosen.set(self._before)
                    break
        return super().__enter__()


def make(name: str, strict: bool = False) -> Engine:
    """The column of that name, made once; whoever asks is about to compute, so what ROT180_... asks for is applied."""
    if name not in NAMES:
        raise EngineError(f"engine: there is no engine {name!r}; choose one of {', '.join(map(repr, NAMES))}")
    if name == "native" and (reason := native.unavailable()):
        raise EngineError(f"engine: 'native' cannot run here: {reason}; use engine('numpy')")
    threads.from_environment()
    precision.from_environment()
    key = (name, strict)
    if key not in _made:
        own = KERNELS if name == "numpy" else dict(native.operations())
        _made[key] = Engine(name, own, strict)
    return _made[key]


def why() -> str:
    """One line: which engine runs and why."""
    name = current().name
    if _chosen.get() is not None or _for_program:
        return f"{name}: chosen by rot180.engine(...)"
    if os.environ.get("ROT180_ENGINE"):
        return f"{name}: chosen by ROT180_ENGINE"
    if reason := native.unavailable():
        return f"{name}: {reason}"
    return f"{name}: the compiled extension is installed"


def _start() -> Engine:
    """The process default, settled at the first kernel call."""
    global _default
    name = os.environ.get("ROT180_ENGINE") or ("numpy" if native.unavailable() else "native")
    _default = make(name)
    return _default


def _forbidden(name: str, kernel: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise EngineError(f"engine: {name!r} has no {kernel}, and strict=True forbids running it on numpy")

    return refuse
