"""no_grad, enable_grad and set_grad_enabled: whether ops are recorded, in this context (thread or task) only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, TypeVar

from .record import mode

F = TypeVar("F", bound=Callable[..., Any])


class set_grad_enabled:
    """Record ops, or not, from here on in this context; as a `with` block, until its end; `@` a function, inside it."""

    def __init__(self, enabled: bool) -> None:
        self._enabled, self._before = bool(enabled), is_grad_enabled()
        _record(self._enabled)

    def __enter__(self) -> None:
        _record(self._enabled)

    def __exit__(self, *exception: object) -> None:
        _record(self._before)

    def __call__(self, function: F) -> F:
        _record(self._before)
        return _inside(function, no_grad if not self._enabled else enable_grad)


class _Recording:
    """A context manager and decorator that switches recording on or off."""

    _enabled: bool
    _before: list[bool]

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = object.__new__(cls)
        made._before = []
        return made if function is None else made(function)  # @no_grad without brackets

    def __enter__(self) -> None:
        self._before.append(is_grad_enabled())
        _record(self._enabled)

    def __exit__(self, *exception: object) -> None:
        _record(self._before.pop())

    def __call__(self, function: F) -> F:
        return _inside(function, type(self))


class no_grad(_Recording):
    """`with no_grad():` or `@no_grad()`: ops inside are not recorded."""

    _enabled = False


class enable_grad(_Recording):
    """`with enable_grad():` or `@enable_grad()`: ops inside are recorded, also within no_grad."""

    _enabled = True


def is_grad_enabled() -> bool:
    """Whether ops on Tensors that require a gradient are recorded."""
    return mode.get()[0]


def _record(enabled: bool) -> None:
    # Not undone by the tokens of ContextVar: a generator may leave its `with` block in another thread or context.
    mode.set((enabled, mode.get()[1]))


def _inside(function: F, recording: type[_Recording]) -> F:
    """`function`, run inside the block; of a generator, every step of it but not what its caller does in between."""

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        with recording():
            return function(*args, **named)

    @wraps(function)
    def generate(*args: Any, **named: Any) -> Any:
        steps, sent = function(*args, **named), None
        try:
            while True:
                with recording():
                    try:
                        value = steps.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield value
        finally:
            steps.close()

    return generate if isgeneratorfunction(function) else call  # type: ignore[return-value]
