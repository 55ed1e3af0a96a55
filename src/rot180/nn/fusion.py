"""Fuse a convolution or linear layer with the ReLU that follows it in a Sequential, so that y is written once.

The fused result equals the unfused one bit for bit. A pair is fused only if nothing can observe the difference: no
hook on either module, no observer (`rot180.observe` must get both ops), no subclass, and no replaced `forward` or
`__call__` on the object or the class (such as a mock in a test, or a profiler).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tape.record import Variable, mode
from . import conv
from .activation import ReLU
from .linear import Linear
from .module import Module

_LAYERS = (
    conv.Conv1d, conv.Conv2d, conv.Conv3d, conv.ConvTranspose1d, conv.ConvTranspose2d, conv.ConvTranspose3d, Linear,
)  # fmt: skip
_ORIGINALS: dict[type[Module], Any] = {kind: (kind.forward, kind.__call__) for kind in (*_LAYERS, ReLU)}


def fuse_relu(layer: Module, after: Module, input: Any) -> Callable[[Any], Any] | None:
    """Return a function that computes relu(layer(input)) in one pass, or None if the two cannot be fused.

    `input` must be a Tensor.
    """
    if type(after) is not ReLU or type(layer) not in _LAYERS or mode.get()[1] is not None:
        return None
    for module in (layer, after):
        kind = type(module)
        if module._forward_pre_hooks or module._forward_hooks or "forward" in module.__dict__:
            return None
        if (kind.forward, kind.__call__) != _ORIGINALS[kind]:
            return None
    return layer.forward_relu if isinstance(input, Variable) else None
