"""no_grad, enable_grad and set_grad_enabled: switch the recording of ops on or off in this thread or async task."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, TypeVar

from .record import mode

F = TypeVar("F", bound=Callable[..., Any])


class set_grad_enabled:
    """Switch the recording of ops on or off in this thread or async task.

    A plain call has an effect until the next change, a `with` block until its end, and a decorator only inside the
    function.
    """

    def __init__(self, enabled: bool) -> None:
        self._enabled, self._previous = bool(enabled), is_grad_enabled()
        _set_recording(self._enabled)

    def __enter__(self) -> None:
        _set_recording(self._enabled)

    def __exit__(self, *exception: object) -> None:
        _set_recording(self._previous)

    def __call__(self, function: F) -> F:
        _set_recording(self._previous)
        return _with_recording(function, no_grad if not self._enabled else enable_grad)


class _Recording:
    """A context manager and decorator that switches recording on or off."""

    _enabled: bool
    _previous: list[bool]

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        instance = object.__new__(cls)
        instance._previous = []
        return instance if function is None else instance(function)  # @no_grad without parentheses

    def __enter__(self) -> None:
        self._previous.append(is_grad_enabled())
        _set_recording(self._enabled)

    def __exit__(self, *exception: object) -> None:
        _set_recording(self._previous.pop())

    def __call__(self, function: F) -> F:
        return _with_recording(function, type(self))


class no_grad(_Recording):
    """Do not record ops inside a block, `with no_grad():`, or a function, `@no_grad()`."""

    _enabled = False


class enable_grad(_Recording):
    """Record ops inside a block, `with enable_grad():`, or a function, `@enable_grad()`, also within no_grad."""

    _enabled = True


def is_grad_enabled() -> bool:
    """True if ops on Tensors that require a gradient are recorded."""
    return mode.get()[0]


def _set_recording(enabled: bool) -> None:
    # ContextVar tokens would fail here: a generator may leave its `with` block in another thread or context.
    mode.set((enabled, mode.get()[1]))


def _with_recording(function: F, recording: type[_Recording]) -> F:
    """Wrap `function` to run inside a block. For a generator, only its own steps run inside, not its caller."""

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        with recording():
            return function(*args, **named)

    @wraps(function)
    def generate(*args: Any, **named: Any) -> Any:
        generator, sent = function(*args, **named), None
        try:
            while True:
                with recording():
                    try:
                        value = generator.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield value
        finally:
            generator.close()

    return generate if isgeneratorfunction(function) else call  # type: ignore[return-value]
