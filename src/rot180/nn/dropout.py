"""The dropout layer."""

from __future__ import annotations

from .. import functional as F
from ..tape import Tensor
from .module import Module


class Dropout(Module):
    """In training, set each cell to zero with probability p and scale the others by 1 / (1 - p).

    In evaluation the input passes unchanged. `inplace` has no effect: inputs are never changed.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must lie between 0 and 1; got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
