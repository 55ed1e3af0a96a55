"""Floor 2: the tape. `record.py` records ops, `sweep.py` runs their vjps, `tensor.py` is the class; the ops themselves
are in `arithmetic.py`, `reduction.py` and `shape.py`. It knows nothing about convolution.
"""

from .modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .record import observe, primitive
from .sweep import grad, wrote, zero_grad
from .tensor import Tensor, from_dlpack, from_numpy, tensor

__all__ = [
    "Tensor",
    "enable_grad",
    "from_dlpack",
    "from_numpy",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "observe",
    "primitive",
    "set_grad_enabled",
    "tensor",
    "wrote",
    "zero_grad",
]
