"""Floor 4: optimisers and schedules under PyTorch's names, with its numbers. They update parameters in place.

    from rot180 import optim

It may use everything below; `nn` and `data`, beside it, it may not. `lr_scheduler` is loaded when it is first used.
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
