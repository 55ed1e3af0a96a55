"""Turns, medians and ratios."""

from __future__ import annotations

import pytest

from rot180.bench import timing


def scripted(name: str, seconds: float, called: list[str]) -> timing.Contestant:
    def once() -> tuple[float, float]:
        called.append(name)
        return seconds, 2 * seconds

    return once


def test_contestants_take_turns_and_every_second_round_is_reversed() -> None:
    called: list[str] = []
    prepared: list[str] = []
    contestants = {name: scripted(name, 1.0, called) for name in "ab"}
    taken = timing.take_turns(contestants, 3, 0.1, prepared.append)
    assert "".join(called) == "aabb" + "ab" + "ba" + "ab"
    assert "".join(prepared) == "ab" + "ab" + "ba" + "ab"
    assert taken == {"a": [(1.0, 2.0)] * 3, "b": [(1.0, 2.0)] * 3}


def test_a_turn_has_the_requested_length_after_one_untimed_call() -> None:
    called: list[str] = []
    timing.take_turns({"a": scripted("a", 0.01, called), "b": scripted("b", 0.02, called)}, 1, 0.12)
    assert called.count("a") == 2 + 1 + 4  # 0.03 s a call
    assert called.count("b") == 2 + 1 + 2


def test_a_turn_is_bounded() -> None:
    called: list[str] = []
    timing.take_turns({"a": scripted("a", 1e-9, called)}, 1, 1e3)
    assert len(called) == 2 + 1 + timing.MAX_CALLS


def test_medians_and_ratios_of_parts_and_of_the_whole() -> None:
    ours, peer = [(1.0, 1.0), (2.0, 1.0), (1.0, 4.0)], [(2.0, 1.0), (2.0, 4.0), (4.0, 1.0)]
    assert [timing.median(ours, part) for part in (0, 1, None)] == [1.0, 1.0, 3.0]
    assert [timing.ratio(peer, ours, part) for part in (0, 1, None)] == [2.0, 1.0, 1.5]


def test_the_second_part_takes_the_result_of_the_first() -> None:
    seen: list[int] = []
    first, second = timing.two_parts(lambda: 7, seen.append)()
    (only,) = timing.one_part(lambda: seen.append(8))()
    assert seen == [7, 8]
    assert min(first, second, only) >= 0


def test_an_error_of_a_contestant_propagates() -> None:
    with pytest.raises(ZeroDivisionError):
        timing.take_turns({"a": timing.one_part(lambda: 1 / 0)}, 1, 0.1)
