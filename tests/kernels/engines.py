"""The kernels on one engine, for tests: `on_numpy.relu_y(x)` and `on_native.relu_y(x)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rot180
from rot180 import kernels


class OnEngine:
    """Its attributes are the kernels, each of which runs on one engine."""

    def __init__(self, name: str, *, strict: bool) -> None:
        self._name, self._strict = name, strict

    def __getattr__(self, kernel: str) -> Callable[..., Any]:
        dispatcher = getattr(kernels, kernel)

        def call(*arguments: Any) -> Any:
            with rot180.engine(self._name, strict=self._strict):
                return dispatcher(*arguments)

        return call


on_numpy = OnEngine("numpy", strict=False)
on_native = OnEngine("native", strict=True)  # a fallback would compare numpy with itself
on_native_or_numpy = OnEngine("native", strict=False)  # for calls that are expected to fall back
