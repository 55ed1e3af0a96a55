"""Losses as Modules; the functions are in the `*_loss.py` files of `functional`.

`reduction` is "mean", "sum" or "none". PyTorch's deprecated arguments size_average and reduce do not exist, so the
arguments that follow them in PyTorch are keyword-only.
"""

from __future__ import annotations

from .. import functional as F
from ..functional.classification_loss import IGNORE_INDEX, check_smoothing
from ..functional.loss_reduction import DIVERGENCE_REDUCTIONS, REDUCTIONS, check_reduction
from ..functional.regression_loss import check_beta, check_delta
from ..tape import Tensor
from ..tape.record import Array
from .module import Module


class _Loss(Module):
    def __init__(self, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
        super().__init__()
        check_reduction(type(self).__name__, reduction, known)
        self.reduction = reduction


class MSELoss(_Loss):
    """The squared error (input - target)**2."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """The absolute error |input - target|."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, self.reduction)


class SmoothL1Loss(_Loss):
    """d**2 / (2 * beta) if |d| = |input - target| is below beta, else |d| - beta / 2."""

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = check_beta("SmoothL1Loss", beta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(_Loss):
    """d**2 / 2 if |d| = |input - target| is below delta, else delta * (|d| - delta / 2)."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = check_delta("HuberLoss", delta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(_Loss):
    """target * (log(target) - input), for log-probabilities as input; "batchmean" is the divergence per sample."""

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction, DIVERGENCE_REDUCTIONS)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, self.reduction, self.log_target)


class _ClassLoss(_Loss):
    """A loss with a weight per class, (C,), and a target value that is ignored."""

    def __init__(
        self, weight: Tensor | Array | None = None, *, ignore_index: int = IGNORE_INDEX, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index


class CrossEntropyLoss(_ClassLoss):
    """-weight[t] * log(softmax(input))[t] for logits (N, C, ...) and integer targets (N, ...) or probabilities.

    `label_smoothing` is the share of each target, in [0, 1], that is distributed evenly over the classes.
    """

    def __init__(
        self,
        weight: Tensor | Array | None = None,
        *,
        ignore_index: int = IGNORE_INDEX,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        check_smoothing("CrossEntropyLoss", label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, label_smoothing=self.label_smoothing
        )


class NLLLoss(_ClassLoss):
    """-weight[t] * input[t] for log-probabilities (N, C, ...) and integer targets (N, ...)."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class BCELoss(_Loss):
    """-(t log x + (1 - t) log(1 - x)) for probabilities; `weight` scales each loss."""

    def __init__(self, weight: Tensor | Array | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """BCELoss of sigmoid(input), without overflow; `pos_weight` scales the positive term."""

    def __init__(
        self,
        weight: Tensor | Array | None = None,
        *,
        reduction: str = "mean",
        pos_weight: Tensor | Array | None = None,
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
