"""The linear layer and the identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional as F
from ..functional.fused import linear_relu
from ..tape import Tensor
from . import init
from .module import Module
from .parameter import Dtype, Parameter, empty_parameter
from .settings import positive


class Linear(Module):
    """input @ weight.T + bias, for an input (..., in_features).

    Args:
        in_features, out_features: the size of the last axis of the input and the output.
        bias: add a learned bias (default: True).
        dtype: np.float32 or np.float64.

    Attributes: weight (out_features, in_features) and bias (out_features,), initially uniform in
    +-1 / sqrt(in_features).
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, dtype: Dtype = np.float32) -> None:
        super().__init__()
        self.in_features = positive("Linear", "in_features", in_features)
        self.out_features = positive("Linear", "out_features", out_features)
        self.weight = empty_parameter("Linear", (out_features, in_features), dtype)
        self.register_parameter("bias", empty_parameter("Linear", (out_features,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.layer_default(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def forward_relu(self, input: Tensor) -> Tensor:
        """relu(forward(input)) in one pass (see `fusion.py`)."""
        return linear_relu(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """Return the input; the constructor accepts and ignores any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
