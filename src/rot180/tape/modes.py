"""no_grad, enable_grad and set_grad_enabled: whether ops are recorded, in this context (thread or task) only."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Token
from functools import wraps
from typing import Any, TypeVar

from .record import mode

F = TypeVar("F", bound=Callable[..., Any])


class set_grad_enabled:
    """Record ops, or not, from here on in this context; as a `with` block, until its end; `@` a function, inside it."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = bool(enabled)
        self._token: Token[Any] = mode.set((self._enabled, mode.get()[1]))

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        mode.reset(self._token)

    def __call__(self, function: F) -> F:
        mode.reset(self._token)
        enabled = self._enabled

        @wraps(function)
        def inside(*args: Any, **named: Any) -> Any:
            with set_grad_enabled(enabled):
                return function(*args, **named)

        return inside  # type: ignore[return-value]


class _Recording:
    """A context manager and decorator that switches recording on or off."""

    _enabled: bool

    def __init__(self) -> None:
        self._tokens: list[Token[Any]] = []

    def __enter__(self) -> None:
        self._tokens.append(mode.set((self._enabled, mode.get()[1])))

    def __exit__(self, *exception: object) -> None:
        mode.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        cls = type(self)

        @wraps(function)
        def inside(*args: Any, **named: Any) -> Any:
            with cls():
                return function(*args, **named)

        return inside  # type: ignore[return-value]


class no_grad(_Recording):
    """`with no_grad():` or `@no_grad()`: ops inside are not recorded."""

    _enabled = False


class enable_grad(_Recording):
    """`with enable_grad():` or `@enable_grad()`: ops inside are recorded, also within no_grad."""

    _enabled = True


def is_grad_enabled() -> bool:
    """Whether ops on Tensors that require a gradient are recorded."""
    return mode.get()[0]
