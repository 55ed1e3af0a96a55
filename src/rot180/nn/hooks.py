"""The handle that removes a hook from a Module."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

Hook = tuple[Callable[..., Any], bool]  # (the function, True if it also takes keyword arguments)
_next_id = count().__next__


class RemovableHandle:
    """Removes a registered hook: by `remove()`, or at the end of a `with` block."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook, prepend: bool = False) -> None:
        self._hooks, self.id = hooks, _next_id()
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[self.id] = hook
        hooks.update(later)

    def remove(self) -> None:
        """Remove the hook; does nothing if it was removed before."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()
