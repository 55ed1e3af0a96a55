"""The names that networks and steps are written with, which rot180 and PyTorch share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def unchanged(model: Any) -> Any:
    """A model that is not compiled."""
    return model


@dataclass(frozen=True)
class Library:
    """One library under the names of both.

    Attributes:
        nn, F, optim: its modules.  tensor: makes a tensor of an array.
        compile: what a model goes through before it is called, as torch.compile.
    """

    nn: Any
    F: Any
    optim: Any
    tensor: Callable[[Any], Any]
    compile: Callable[[Any], Any] = unchanged


def rot180_library() -> Library:
    """Ours; imported here, so that a process that measures another library holds nothing of it."""
    from .. import functional as F
    from .. import nn, optim, tape

    return Library(nn, F, optim, tape.tensor)
