"""The schedules compared with the installed PyTorch, and resuming from its state dicts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rot180 import optim
from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import CASES, RATES, STEPS, advance, course, settings, two_groups
from tests.optim.lr_scheduler.test_base import ONE_GROUP, Resumed, optimizer, parameter, resumable, same

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Suppress the warnings that PyTorch's chained schedules always give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def their_optimizer(name: str = "two") -> Any:
    import torch

    def make() -> Any:
        return torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))

    if name == "adam":
        return torch.optim.Adam([make()], lr=RATES[0])
    return two_groups(torch.optim, make) if name == "two" else torch.optim.SGD([make()], RATES[0], momentum=0.6)


def theirs(case: str, name: str = "two") -> Any:
    import torch

    return CASES[case](torch.optim.lr_scheduler, their_optimizer(name))


@pytest.mark.parametrize("case", CASES)
def test_rates_of_two_groups(case: str) -> None:
    same(course(CASES[case](lr_scheduler, two_groups(optim, parameter))), course(theirs(case)))


@pytest.mark.parametrize("case", ONE_GROUP)
def test_rates_of_one_group(case: str) -> None:
    same(course(CASES[case](lr_scheduler, optimizer(RATES[0], momentum=0.6))), course(theirs(case, "one")))
    adam = optim.Adam([parameter()], RATES[0])
    same(course(CASES[case](lr_scheduler, adam)), course(theirs(case, "adam")))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("at", [0, 9, 24])
def test_training_continues_from_pytorchs_state_dicts(case: str, at: int) -> None:
    peer = theirs(case)
    for step in range(at):
        advance(peer, step)
    ours = CASES[case](lr_scheduler, two_groups(optim, parameter))
    ours.optimizer.load_state_dict(peer.optimizer.state_dict())
    ours.load_state_dict(peer.state_dict())
    for step in range(at, STEPS):
        advance(peer, step)
        advance(ours, step)
        same(settings(ours.optimizer), settings(peer.optimizer))


@pytest.mark.parametrize("case", sorted(set(CASES) - {"multi step", "multi step unsorted"}))  # PyTorch stores a Counter
def test_pytorch_continues_from_our_state_dicts(case: str) -> None:
    ours = CASES[case](lr_scheduler, two_groups(optim, parameter))
    for step in range(9):
        advance(ours, step)
    peer = theirs(case)
    peer.optimizer.load_state_dict(ours.optimizer.state_dict())
    peer.load_state_dict(ours.state_dict())
    for step in range(9, STEPS):
        advance(peer, step)
        advance(ours, step)
        same(settings(ours.optimizer), settings(peer.optimizer))


@pytest.mark.parametrize(
    "case", [case for case in CASES if resumable(case) and case not in ("step gamma", "warm restarts longer")]
)
def test_resuming_after_last_epoch(case: str) -> None:
    """Excludes two cases, at a milestone and after a restart, in which PyTorch computes wrong rates."""
    import torch

    peer = theirs(case)
    ours = CASES[case](lr_scheduler, two_groups(optim, parameter))
    for step in range(8):
        advance(peer, step)
        advance(ours, step)

    class TheirsResumed(Resumed):
        def __getattr__(self, name: str) -> Any:
            return lambda *a, **named: getattr(torch.optim.lr_scheduler, name)(*a, **named, last_epoch=self.last_epoch)

    expected = course(CASES[case](TheirsResumed(7), peer.optimizer), 30)
    same(course(CASES[case](Resumed(7), ours.optimizer), 30), expected)


@pytest.mark.parametrize("T_mult", [1, 2, 3])
def test_restarts_at_fractional_epochs(T_mult: int) -> None:
    import torch

    peer = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(their_optimizer(), 3, T_mult, 0.001)
    ours = lr_scheduler.CosineAnnealingWarmRestarts(two_groups(optim, parameter), 3, T_mult, 0.001)
    for epoch in np.arange(0.05, 20, 0.3):
        peer.step(float(epoch))
        ours.step(float(epoch))
        same(settings(ours.optimizer), settings(peer.optimizer))
        assert (ours.T_i, ours.last_epoch) == (peer.T_i, peer.last_epoch)
        assert ours.T_cur == pytest.approx(peer.T_cur)
