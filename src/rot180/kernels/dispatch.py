"""The registry of kernels, the choice of the engine, and the rule for falling back to the reference.

A kernel is one computation, for example `conv_y`. The reference of a kernel is a NumPy function, which defines what the
kernel computes:

    @kernel
    def relu_y(x: Array) -> Array: ...

`kernel` registers the function and returns a dispatcher with the same signature. An engine is a set of implementations
of kernels. "numpy" consists of the references. Another engine registers itself once, and then its implementations:

    implements = register_engine("native", unavailable)

    @implements("relu_y", supports=elementwise)
    def relu_y(x: Array) -> Array: ...

The engine is chosen at each call: by the innermost `with engine(...)` of this thread or task, otherwise by
`set_engine`, otherwise by ROT180_ENGINE, otherwise native if it is available and numpy if not.

The fallback rule: if the chosen engine has no implementation of a kernel, or `supports(...)` returns a reason for
these arguments, the reference runs instead. The call is counted and listed by `show_config()`. With strict=True the
call raises an EngineError instead, unless the reason is that NumPy is faster.

This file imports no kernel and no engine; they import it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from functools import update_wrapper
from inspect import CO_VARARGS, CO_VARKEYWORDS
from threading import Lock
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar, cast

import numpy as np

from ..errors import EngineError
from . import precision, threads

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Reason(NamedTuple):
    """The reason why a call runs on the reference instead of the chosen engine."""

    text: str
    by_choice: bool = False  # the engine supports the call, but NumPy is at least as fast; strict=True permits this


# An engine's version of a kernel: (supports, run). Both functions take the arguments of the kernel; `supports` is None
# if the version supports every call. It is a plain tuple because it is unpacked at each call.
Version: TypeAlias = tuple[Callable[..., Reason | None] | None, Callable[..., Any]]


class Engine:
    """An engine that kernels run on; there is one object per name and strictness."""

    __slots__ = ("name", "strict", "versions")

    def __init__(self, name: str, strict: bool) -> None:
        self.name = name
        self.strict = strict
        self.versions = {kernel: _version(kernel, name) for kernel in _kernels}  # by kernel name


class Kernel(Protocol[P, R]):
    """A registered kernel: calling it runs the chosen engine's implementation or the reference."""

    __name__: str
    reference: Callable[P, R]
    versions: dict[str, Version]  # the version of each engine other than "numpy"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class Implements(Protocol):
    """The decorator that registers an engine's implementations; see `register_engine`."""

    def __call__(self, kernel: str, *, supports: Callable[..., Reason | None]) -> Callable[[F], F]: ...


_kernels: dict[str, Kernel[..., Any]] = {}
_engines: dict[str, Callable[[], str | None]] = {"numpy": lambda: None}  # name: returns why it cannot run here, or None
_selected: dict[tuple[str, bool], Engine] = {}  # the key is (name, strict)
_fallbacks: Counter[tuple[str, str]] = Counter()  # (kernel, reason): number of calls
_counting = Lock()


# ---- registration and dispatch ----


def kernel(reference: Callable[P, R]) -> Kernel[P, R]:
    """Register a NumPy function as the reference of the kernel of the same name, and return the kernel's dispatcher.

    Raises EngineError if a kernel of that name is already registered.
    """
    name = reference.__name__
    if name in _kernels:
        raise EngineError(
            f"kernel: {name!r} is defined twice, in {_kernels[name].__module__} and {reference.__module__}"
        )
    registered = cast("Kernel[P, R]", _dispatcher(reference))
    registered.reference = reference
    registered.versions = {}
    _kernels[name] = registered
    _update_engines(name)
    # reference/__init__.py uses `import *`, which must import the kernels only, so __all__ lists only kernels
    vars(sys.modules[reference.__module__]).setdefault("__all__", []).append(name)
    return registered


# The source of a dispatcher. It has the parameters of its kernel, because passing *args and **kwargs would add
# 0.1 microseconds per call, which is 3 percent of a small training step (docs/decisions/0017).
_DISPATCHER = """\
def {name}({parameters}):
    _supports, _run = (_get_block() or _program or _start()).versions[{name!r}]
    if _supports is not None and (_reason := _supports({parameters})) is not None:
        _run = _fall_back({name!r}, _reason)
    return _run({parameters})
"""


def _dispatcher(reference: Callable[..., Any]) -> Callable[..., Any]:
    """Compile the function that chooses the version of a kernel, with the parameters of the reference."""
    code = reference.__code__
    if code.co_kwonlyargcount or code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        raise EngineError(f"kernel: {reference.__name__!r} may have neither *args, **kwargs nor keyword-only arguments")
    parameters = ", ".join(code.co_varnames[: code.co_argcount])
    source = _DISPATCHER.format(name=reference.__name__, parameters=parameters)
    namespace: dict[str, Any] = {}
    exec(compile(source, f"<dispatcher of {reference.__name__}>", "exec"), globals(), namespace)
    dispatcher = namespace[reference.__name__]
    dispatcher.__defaults__ = reference.__defaults__
    return update_wrapper(dispatcher, reference)


def register_engine(name: str, unavailable: Callable[[], str | None]) -> Implements:
    """Register an engine and return the decorator that registers its implementations.

    Args:
        name: the name by which `set_engine` and `engine` choose it.
        unavailable: returns the reason, in one line, why the engine cannot run here, or None.
    """
    if name in _engines:
        raise EngineError(f"register_engine: there is already an engine {name!r}")
    _engines[name] = unavailable

    def implements(kernel: str, *, supports: Callable[..., Reason | None]) -> Callable[[F], F]:
        """Register the decorated function as this engine's version of a kernel; the function itself is unchanged.

        Args:
            kernel: the name of the kernel; the function takes the same arguments as its reference.
            supports: takes the same arguments and returns None, or the Reason why the reference must run instead.

        Raises EngineError if there is no such kernel, or if the engine implements it already.
        """
        if kernel not in _kernels:
            raise EngineError(f"implements: there is no kernel {kernel!r}; its reference must be registered first")
        versions = _kernels[kernel].versions
        if name in versions:
            raise EngineError(f"implements: engine {name!r} already implements {kernel!r}")

        def register(run: F) -> F:
            versions[name] = supports, run
            _update_engines(kernel)
            return run

        return register

    return implements


def _version(kernel: str, engine: str) -> Version:
    """The version of a kernel that an engine runs."""
    registered = _kernels[kernel]
    if engine == "numpy":
        return None, registered.reference
    return registered.versions.get(engine, (_not_implemented, registered.reference))


def _update_engines(kernel: str) -> None:
    """Store the new version of a kernel in every existing Engine object."""
    for engine in _selected.values():
        engine.versions[kernel] = _version(kernel, engine.name)


def registered_kernels() -> dict[str, Kernel[..., Any]]:
    """All kernels by name."""
    return dict(_kernels)


# ---- the fallback rule ----


def _not_implemented(*args: object) -> Reason:
    """The `supports` function of a kernel that the engine does not implement."""
    return Reason("it is not implemented")


def _fall_back(kernel: str, reason: Reason) -> Callable[..., Any]:
    """Count a fallback and return the reference. Raises EngineError if the engine is strict and cannot run the call."""
    engine = current_engine()
    if engine.strict and not reason.by_choice:
        raise EngineError(
            f"{kernel}: engine {engine.name!r} cannot run this call: {reason.text}; "
            "strict=True forbids the fallback to numpy"
        )
    with _counting:
        _fallbacks[kernel, reason.text] += 1
    return _kernels[kernel].reference


def fallbacks() -> dict[tuple[str, str], int]:
    """The number of calls that fell back to the reference in this process, by (kernel, reason)."""
    with _counting:
        return dict(_fallbacks)


def not_implemented(engine: str) -> tuple[str, ...]:
    """The kernels that an engine does not implement."""
    return tuple(name for name, k in _kernels.items() if engine != "numpy" and engine not in k.versions)


# ---- the choice of the engine ----

_block: ContextVar[Engine | None] = ContextVar("rot180_engine", default=None)
_get_block = _block.get
_outer_blocks: ContextVar[tuple[Engine | None, ...]] = ContextVar("rot180_outer_engines", default=())
_program: Engine | None = None  # the engine of all threads, outside of `with` blocks
_origin = ""  # who chose _program


def set_engine(name: str, *, strict: bool = False) -> None:
    """Choose the engine for the whole program, in every thread, from now on.

    Inside a `with rot180.engine(...)` block the engine of the block still applies.

    Args:
        name: "numpy" (the readable reference, always available) or "native" (compiled, optional).
        strict: raise an EngineError if the engine cannot run a call, instead of falling back to numpy for that call.
            A fallback that the engine chooses because NumPy is faster for small arrays is still permitted.

    Raises EngineError for any other name, and for "native" if the extension is not available.
    """
    global _program, _origin
    _program, _origin = _select(name, strict), "chosen by rot180.set_engine(...)"


class engine:
    """Context manager that chooses the engine for a block: `with rot180.engine("numpy"): ...`.

    The choice holds in the thread or task that enters the block; other threads keep their engine. `set_engine` chooses
    for the whole program. Creating an `engine` without a `with` statement has no effect.

    Args:
        name: "numpy" (the readable reference, always available) or "native" (compiled, optional).
        strict: raise an EngineError if the engine cannot run a call, instead of falling back to numpy for that call.
            A fallback that the engine chooses because NumPy is faster for small arrays is still permitted.

    Raises EngineError for any other name, and for "native" if the extension is not available.
    """

    def __init__(self, name: str, *, strict: bool = False) -> None:
        self._engine = _select(name, strict)

    def __enter__(self) -> Engine:
        _outer_blocks.set((*_outer_blocks.get(), _block.get()))
        _block.set(self._engine)
        return self._engine

    def __exit__(self, *exception: object) -> None:
        # Tokens of ContextVar.set would fail if a generator is entered in one context and closed in another.
        outer = _outer_blocks.get()
        _block.set(outer[-1] if outer else None)
        _outer_blocks.set(outer[:-1])


def current_engine() -> Engine:
    """The engine that the next kernel call uses."""
    return _block.get() or _program or _start()


def engine_origin() -> str:
    """One readable line: the engine that the next kernel call uses, and the source of that choice."""
    name = current_engine().name
    return f"{name}: {'chosen by rot180.engine(...)' if _block.get() else _origin}"


def _start() -> Engine:
    """Choose the engine of the program at its first kernel call."""
    global _program, _origin
    if name := os.environ.get("ROT180_ENGINE"):
        _program, _origin = _select(name, False), "chosen by ROT180_ENGINE"
    elif reason := _engines["native"]():
        _program, _origin = _select("numpy", False), reason
    else:
        _program, _origin = _select("native", False), "the compiled extension is installed"
    return _program


def _select(name: str, strict: bool) -> Engine:
    """Check that an engine can run here, and apply the environment variables that concern all engines."""
    if name not in _engines:
        raise EngineError(f"engine: there is no engine {name!r}; choose one of {', '.join(map(repr, _engines))}")
    if reason := _engines[name]():
        raise EngineError(f"engine: {name!r} cannot run here: {reason}; choose 'numpy'")
    threads.apply_environment()
    precision.apply_environment()
    key = name, strict
    return _selected.get(key) or _selected.setdefault(key, Engine(name, strict))
