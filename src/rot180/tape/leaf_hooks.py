"""Leaf hooks: functions that are called when the gradient of a leaf is final.

A leaf that is used several times gets several partial gradients. To call the hooks of a leaf as early as possible, the
sweep must count the uses that it has not yet reached. As long as `hook_count` is 0, no leaf has a hook and nothing is
counted.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..errors import GradientError
from .record import Node, Variable

hook_count = 0  # the number of hooks of all leaves


def add_leaf_hook(variable: Variable, hook: Callable[[Any], None]) -> Callable[[], None]:
    """Call `hook(tensor)` whenever a backward pass has completed the gradient of this leaf.

    Returns a function that removes the hook.

    Raises GradientError if the tensor is not a leaf or does not require a gradient.
    """
    global hook_count
    node = variable.node
    if node is None or node.op is not None:
        raise GradientError(
            "register_post_accumulate_grad_hook: only a leaf that requires a gradient can have this hook"
        )
    hooks = node.hooks
    if node.owner is None:
        node.owner = weakref.ref(variable, lambda _: _remove_all(hooks))

    def entry(leaf: Any) -> None:  # the same hook may be registered twice, as two separate entries
        hook(leaf)

    hooks.append(entry)
    hook_count += 1

    def remove() -> None:
        global hook_count
        if entry in hooks:
            hooks.remove(entry)
            hook_count -= 1

    return remove


def run_leaf_hooks(node: Node) -> None:
    """Call the hooks of a leaf if its Tensor still exists."""
    if node.hooks and (leaf := node.owner()) is not None:
        for hook in tuple(node.hooks):  # a copy, because a hook may remove itself
            hook(leaf)


def _remove_all(hooks: list[Callable[[Any], None]]) -> None:
    """Remove the hooks of a leaf whose Tensor was freed."""
    global hook_count
    hook_count -= len(hooks)
    hooks.clear()
