"""Optimisers and learning-rate schedules with PyTorch's names and numbers. Optimisers update parameters in place.

    from rot180 import optim

`lr_scheduler` is imported on first use. This package imports neither `nn` nor `data`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]


def __getattr__(name: str) -> Any:
    if name == "lr_scheduler":
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
