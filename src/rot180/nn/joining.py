"""Which layers a Sequential joins with the ReLU that follows them: what they compute is then written once, not twice.

Nobody must be able to tell, so a pair is joined only if nothing stands between: no hook on either module, no observer
(`rot180.observe` is to see both ops), no subclass, no forward or `__call__` that somebody put in the place of ours, in
an object or in a class (a test's mock, a profiler).
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
_OURS: dict[type[Module], Any] = {kind: (kind.forward, kind.__call__) for kind in (*_LAYERS, ReLU)}


def joined(layer: Module, after: Module, input: Any) -> Callable[[Any], Any] | None:
    """What computes both at once, if they are a layer and a ReLU that may be joined, and `input` is a Tensor."""
    if type(after) is not ReLU or type(layer) not in _LAYERS or mode.get()[1] is not None:
        return None
    for module in (layer, after):
        kind = type(module)
        if module._forward_pre_hooks or module._forward_hooks or "forward" in module.__dict__:
            return None
        if (kind.forward, kind.__call__) != _OURS[kind]:
            return None
    return layer.forward_relu if isinstance(input, Variable) else None
