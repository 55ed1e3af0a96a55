"""Refusals are described once per reason, and a trial knows the one in which the code got furthest."""

from __future__ import annotations

from rot180.check import operations
from rot180.check.adapter.adapt import adapt
from rot180.check.adapter.code import Progress, Refused
from rot180.check.running.restriction import Restriction
from rot180.check.running.trial import Refusal, Trial, once_per_reason
from tests.mistakes.right_loops import conv, conv_backward

CODE = adapt(conv, conv_backward, operations.find("conv2d"))


def test_reasons_that_differ_in_numbers_are_one() -> None:
    refusals = [Refusal(f"case {n}", Refused(f"shapes ({n}, 2)")) for n in range(3)]
    refusals.append(Refusal("case 3", Refused("no padding")))
    assert once_per_reason(refusals) == ("case 0 and 2 others (shapes (0, 2))", "case 3 (no padding)")
    assert once_per_reason(refusals[1:2]) == ("case 1 (shapes (1, 2))",)
    assert once_per_reason([]) == ()


def test_the_furthest_refusal_is_the_first_of_those_that_got_furthest() -> None:
    forward, first, second = (Refused("f"), *(Refused(t, progress=Progress.BACKWARD) for t in ("first", "second")))
    refusals = tuple(Refusal("case", reason) for reason in (forward, first, second))
    trial = Trial(CODE, Restriction(), (), refusals)
    assert trial.furthest is first
    assert not trial.right
    assert trial.with_furthest(second).furthest is second
    assert Trial(CODE, Restriction(), (), ()).furthest is None
