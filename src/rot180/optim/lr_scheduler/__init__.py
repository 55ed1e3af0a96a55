"""Learning-rate schedules with PyTorch's names, arguments, numbers and state dicts.

    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    warm_up = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=500)
    cosine = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - 500)
    schedule = optim.lr_scheduler.SequentialLR(optimizer, [warm_up, cosine], milestones=[500])
    for x, target in batches:
        ...
        optimizer.step()
        schedule.step()

A schedule sets `lr` in the optimiser's groups. One step of a schedule is a batch or an epoch, depending on where your
program calls `step()`. To resume training, create the optimiser and the schedule as before and load the state dicts of
both.
"""

from .base import LRScheduler
from .chain import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .lambdas import LambdaLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
