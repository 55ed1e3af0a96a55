"""rot180: convolutional networks on NumPy arrays, with gradients that are written out, tested and fast.

    import rot180
    import rot180.functional as F
    from rot180 import nn, optim

Names are loaded when they are first used, so that importing the package takes little time. `_NAMES`
lists every public name and the module that defines it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_NAMES = {
    "errors": "DtypeError EngineError FormatError GradientError MissingExtraError Rot180Error ShapeError",
    "random": "get_rng_state manual_seed set_rng_state",
    "kernels.config": "show_config",
    "kernels.dispatch": "engine set_engine",
    "kernels.precision": "get_float32_conv_precision set_float32_conv_precision",
    "kernels.threads": "get_num_threads set_num_threads",
    "tape": "Tensor from_dlpack from_numpy grad observe primitive",
    "tape.modes": "enable_grad is_grad_enabled no_grad set_grad_enabled",
    "tape.arithmetic": "matmul maximum minimum where",
    "tape.elementary": "absolute cos erf exp log sin sqrt",
    "tape.creation": "tensor",
    "tape.shape": "cat permute reshape stack",
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names.split()}
_FLOORS = "bench check data errors explain formats functional kernels models nn optim random tape train window".split()
__all__ = [*_PLACES, *_FLOORS]

if TYPE_CHECKING:
    from . import bench as bench
    from . import check as check
    from . import data as data
    from . import explain as explain
    from . import formats as formats
    from . import functional as functional
    from . import models as models
    from . import nn as nn
    from . import optim as optim
    from . import train as train
    from .errors import DtypeError as DtypeError
    from .errors import EngineError as EngineError
    from .errors import FormatError as FormatError
    from .errors import GradientError as GradientError
    from .errors import MissingExtraError as MissingExtraError
    from .errors import Rot180Error as Rot180Error
    from .errors import ShapeError as ShapeError
    from .kernels.config import show_config as show_config
    from .kernels.dispatch import engine as engine
    from .kernels.dispatch import set_engine as set_engine
    from .kernels.precision import get_float32_conv_precision as get_float32_conv_precision
    from .kernels.precision import set_float32_conv_precision as set_float32_conv_precision
    from .kernels.threads import get_num_threads as get_num_threads
    from .kernels.threads import set_num_threads as set_num_threads
    from .random import get_rng_state as get_rng_state
    from .random import manual_seed as manual_seed
    from .random import set_rng_state as set_rng_state
    from .tape import Tensor as Tensor
    from .tape import from_dlpack as from_dlpack
    from .tape import from_numpy as from_numpy
    from .tape import grad as grad
    from .tape import observe as observe
    from .tape import primitive as primitive
    from .tape.arithmetic import matmul as matmul
    from .tape.arithmetic import maximum as maximum
    from .tape.arithmetic import minimum as minimum
    from .tape.arithmetic import where as where
    from .tape.creation import tensor as tensor
    from .tape.elementary import absolute as absolute
    from .tape.elementary import cos as cos
    from .tape.elementary import erf as erf
    from .tape.elementary import exp as exp
    from .tape.elementary import log as log
    from .tape.elementary import sin as sin
    from .tape.elementary import sqrt as sqrt
    from .tape.modes import enable_grad as enable_grad
    from .tape.modes import is_grad_enabled as is_grad_enabled
    from .tape.modes import no_grad as no_grad
    from .tape.modes import set_grad_enabled as set_grad_enabled
    from .tape.shape import cat as cat
    from .tape.shape import permute as permute
    from .tape.shape import reshape as reshape
    from .tape.shape import stack as stack


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    elif name in _FLOORS:
        return import_module(f"{__name__}.{name}")
    elif name == "__version__":
        from importlib.metadata import version

        value = version("rot180")
    else:
        raise AttributeError(f"module 'rot180' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_PLACES, *_FLOORS, "__version__"])
