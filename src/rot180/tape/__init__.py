"""The tape, which records ops on Tensors and differentiates them. The tape contains nothing specific to convolution.

record.py, primitives.py  record the calls of ops
sweep.py, leaf_hooks.py   run the vjps of the recorded ops, from the output back to the leaves
gradients.py              backward and grad
tensor.py, creation.py    the class Tensor, and the functions that create Tensors
arithmetic.py, elementary.py, reduction.py, shape.py    the ops
"""

from .creation import from_dlpack, from_numpy, tensor
from .gradients import grad, zero_grad
from .modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .primitives import primitive
from .record import observe
from .sweep import mark_written
from .tensor import Tensor

__all__ = [
    "Tensor",
    "enable_grad",
    "from_dlpack",
    "from_numpy",
    "grad",
    "is_grad_enabled",
    "mark_written",
    "no_grad",
    "observe",
    "primitive",
    "set_grad_enabled",
    "tensor",
    "zero_grad",
]
