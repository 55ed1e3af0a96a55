"""One thread and more of them, in turns; afterwards as many as before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import rot180
from benchmarks import threads
from rot180.bench.shapes import Layer


@pytest.mark.parametrize(("cores", "counts"), [(1, [1, 2]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_powers_of_two_and_all_cores(cores: int, counts: list[int]) -> None:
    assert threads.counts(cores) == counts


def test_threads_are_set_before_each_turn_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(rot180, "set_num_threads", asked.append)
    options = SimpleNamespace(rounds=2, seconds=1e-9, threads=7, cores=3)
    row = threads.measure(Layer("small", False, 1, 2, 6, 2, 3), options)
    assert asked == [1, 2, 3, *[1, 2, 3], *[3, 2, 1], 7]  # two calls beforehand, two rounds
    assert set(row["ms"]) == {"1", "2", "3"} and set(row["ratios"]) == {"2", "3"}


def test_the_layers_are_large_and_all_names_exist() -> None:
    names = [task.name for task in threads.tasks(SimpleNamespace(rounds=1, seconds=0.1, threads=2, cores=2))]
    assert len(names) == len(set(names)) >= 6 + len(threads.OTHERS)
    assert set(threads.OTHERS) <= set(names)
