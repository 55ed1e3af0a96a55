"""The names that rot180 and PyTorch share. The networks and the steps use only these names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def not_compiled(model: Any) -> Any:
    """Return the model unchanged."""
    return model


@dataclass(frozen=True)
class Library:
    """One library, rot180 or PyTorch.

    Attributes:
        nn, F, optim: its modules.
        tensor: makes a tensor from an array.
        compile: applied to a model before it is called, for example torch.compile.
    """

    nn: Any
    F: Any
    optim: Any
    tensor: Callable[[Any], Any]
    compile: Callable[[Any], Any] = not_compiled


def rot180_library() -> Library:
    """rot180 as a Library; imported here, so that a process that measures PyTorch does not load rot180."""
    from .. import functional as F
    from .. import nn, optim, tape

    return Library(nn, F, optim, tape.tensor)
