"""The handle that takes a hook off a Module again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

Hook = tuple[Callable[..., Any], bool]  # the function, and whether it also takes the keyword arguments
_number = count().__next__


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook off; as a `with` block it does so at the end."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook, prepend: bool = False) -> None:
        self._hooks, self.id = hooks, _number()
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[self.id] = hook
        hooks.update(later)

    def remove(self) -> None:
        """Take the hook off; nothing happens if it is off already."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()
