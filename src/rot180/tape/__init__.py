"""Floor 2: the tape, which records ops on Tensors and differentiates them. It knows nothing about convolution.

record.py, primitives.py  record the calls of ops
sweep.py                  runs their vjps, from the output back to the leaves
tensor.py                 the class Tensor
arithmetic.py, elementary.py, reduction.py, shape.py    the ops
"""

from .modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .primitives import primitive
from .record import observe
from .sweep import grad, mark_written, zero_grad
from .tensor import Tensor, from_dlpack, from_numpy, tensor

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
