"""Batches prefetched by threads: the same, in order, bounded, and without threads left over."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import rot180
from rot180.data import Augmented, DataLoader, Dataset, Shift, TensorDataset

DATA = TensorDataset(np.arange(20.0), np.arange(20))


class Watched(Dataset):
    """Twenty numbers, and a function that is called when one of them is read."""

    def __init__(self, on_read: Callable[[int], Any] = lambda index: None) -> None:
        self.on_read = on_read

    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> int:
        self.on_read(index)
        return index


def loader_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rot180-loader"]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    assert not loader_threads()
    yield
    wait_for(lambda: not loader_threads())
    assert threading.active_count() <= before  # a server of an earlier test may end meanwhile


def batches(loader: DataLoader) -> list[list[int]]:
    return [np.asarray(batch[1] if isinstance(batch, tuple) else batch).tolist() for batch in loader]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("factor", [1, 2, 30])
@pytest.mark.parametrize(
    "settings", [{}, {"drop_last": True}, {"shuffle": True}, {"collate_fn": lambda s: (0, s[0][1])}]
)
def test_batches_are_the_same_in_the_same_order(workers: int, factor: int, settings: Any) -> None:
    plain = DataLoader(DATA, 3, seed=1, **settings)
    threaded = DataLoader(DATA, 3, seed=1, num_workers=workers, prefetch_factor=factor, **settings)
    for _ in range(3):
        assert batches(threaded) == batches(plain)
    threaded.set_epoch(1)
    plain.set_epoch(1)
    assert batches(threaded) == batches(plain)
    assert len(threaded) == len(plain)


def test_the_order_is_kept_if_early_batches_are_slow() -> None:
    data = Watched(lambda index: time.sleep(0.02 if index % 4 == 0 else 0))
    assert batches(DataLoader(data, 1, num_workers=4)) == [[i] for i in range(20)]


def test_an_empty_dataset_has_no_batches() -> None:
    assert list(DataLoader([], 4, num_workers=2)) == []


@pytest.mark.parametrize(("workers", "factor"), [(1, 1), (1, 3), (2, 2)])
def test_at_most_this_many_batches_are_made_in_advance(workers: int, factor: int) -> None:
    read: list[int] = []
    loop = iter(DataLoader(Watched(read.append), 1, num_workers=workers, prefetch_factor=factor))
    assert not read  # nothing is begun before the first is asked for
    for asked in range(1, 4):
        next(loop)
        wait_for(lambda: len(read) == asked + workers * factor)  # noqa: B023
        time.sleep(0.02)
        assert len(read) == asked + workers * factor


def test_threads_work_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=20)  # passed by three at once only
    data = Watched(lambda index: together.wait() if index < 3 else None)
    assert len(batches(DataLoader(data, 1, num_workers=3))) == 20


def test_yielded_batches_are_not_kept_alive() -> None:
    loop = iter(DataLoader(TensorDataset(np.zeros((8, 1000))), 2, num_workers=1))
    (batch,) = next(loop)
    held = weakref.ref(batch)
    del batch
    wait_for(lambda: held() is None)
    assert len(list(loop)) == 3


class Broken(Exception):
    pass


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_error_is_raised_at_its_batch_with_its_traceback(workers: int) -> None:
    def fail(index: int) -> None:
        if index >= 13:
            raise Broken(f"sample {index}")

    loop = iter(DataLoader(Watched(fail), 5, num_workers=workers))
    assert [next(loop).tolist() for _ in range(2)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    with pytest.raises(Broken, match="sample 13") as caught:
        next(loop)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-2:] == ["__getitem__", "fail"]
    with pytest.raises(StopIteration):  # as any generator, it has ended
        next(loop)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("error", [StopIteration, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_stop_iteration_and_exit_are_raised_too(workers: int, error: type[BaseException]) -> None:
    def fail(index: int) -> None:
        raise error

    expected = RuntimeError if error is StopIteration else error  # inside a generator it is an error, not an end
    with pytest.raises(expected):
        list(DataLoader(Watched(fail), num_workers=workers))


def test_an_error_leaves_no_reference_cycle() -> None:
    def fail(index: int) -> None:
        raise Broken

    gc.collect()
    gc.disable()
    try:
        with contextlib.suppress(Broken):
            list(DataLoader(Watched(fail), num_workers=1))
        assert not any(type(thing) is Broken for thing in gc.get_objects())
    finally:
        gc.enable()


def test_leaving_early_ends_the_threads() -> None:
    for _ in DataLoader(DATA, num_workers=3):
        assert len(loader_threads()) == 3
        break
    wait_for(lambda: not loader_threads())


def test_an_unused_iterator_starts_no_thread() -> None:
    loop = iter(DataLoader(DATA, num_workers=3))
    assert not loader_threads()
    del loop


def test_a_forgotten_iterator_ends_its_threads_also_from_within_a_cycle() -> None:
    loop = iter(DataLoader(DATA, num_workers=2))
    next(loop)
    cycle: list[Any] = [loop]
    cycle.append(cycle)
    del loop, cycle
    gc.collect()
    wait_for(lambda: not loader_threads())


def test_leaving_early_neither_waits_nor_starts_another_batch() -> None:
    read: list[int] = []
    go_on = threading.Event()

    def slow(index: int) -> None:
        read.append(index)
        if index > 0:
            go_on.wait(20)

    loop = iter(DataLoader(Watched(slow), num_workers=2, prefetch_factor=4))
    next(loop)
    wait_for(lambda: len(read) == 3)  # the first, and one in each thread
    del loop
    assert loader_threads()  # the loop is gone, and did not wait for its threads
    go_on.set()
    wait_for(lambda: not loader_threads())
    assert sorted(read) == [0, 1, 2]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="data: no POSIX signals here")
def test_ctrl_c_while_waiting_ends_the_loop_and_the_threads() -> None:
    go_on = threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def press(index: int) -> None:
        if index == 3:
            time.sleep(0.05)  # the loop waits by now
            signal.pthread_kill(main, signal.SIGINT)
            go_on.wait(20)

    got = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            for batch in DataLoader(Watched(press), num_workers=1):
                got.append(int(batch[0]))
    finally:
        signal.signal(signal.SIGINT, before)
        go_on.set()
    assert got == [0, 1, 2]


def test_several_loops_at_once() -> None:
    loader = DataLoader(DATA, 3, shuffle=True, seed=1, num_workers=2)
    a, b = zip(*[(x[1].tolist(), y[1].tolist()) for x, y in zip(loader, loader, strict=True)], strict=True)
    plain = DataLoader(DATA, 3, shuffle=True, seed=1)
    assert [list(a), list(b)] == [batches(plain), batches(plain)]


def test_a_loop_within_the_threads_of_another() -> None:
    inner = DataLoader(DATA, 5, num_workers=2)
    data = Watched(lambda index: batches(inner))
    assert batches(DataLoader(data, 5, num_workers=2)) == batches(DataLoader(DATA, 5))


def test_the_threads_run_in_the_context_in_which_the_loop_began() -> None:
    seen: list[bool] = []
    loader = DataLoader(Watched(lambda index: seen.append(rot180.is_grad_enabled())), num_workers=2)
    with rot180.no_grad():
        loop = iter(loader)
        next(loop)
    list(loop)
    assert seen == [False] * 20
    assert rot180.is_grad_enabled()
    list(loader)
    assert seen[20:] == [True] * 20


def test_threads_do_not_change_the_context_of_the_loop() -> None:
    def switch(index: int) -> None:
        assert rot180.is_grad_enabled()  # what the last one did is not seen
        rot180.set_grad_enabled(False)

    list(DataLoader(Watched(switch), num_workers=1))
    assert rot180.is_grad_enabled()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_started_loop_keeps_its_epoch(workers: int) -> None:
    images = np.random.default_rng(0).random((20, 1, 6, 6))
    data = Augmented(TensorDataset(images, np.arange(20)), Shift(2), seed=1)
    want = [batch[0].tolist() for batch in DataLoader(data, 3, shuffle=True, seed=1)]
    loader = DataLoader(data, 3, shuffle=True, seed=1, num_workers=workers, prefetch_factor=1)
    loop = iter(loader)
    got = [next(loop)[0].tolist()]
    loader.set_epoch(5)
    data.set_epoch(7)
    next(iter(loader))
    assert got + [batch[0].tolist() for batch in loop] == want


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python process, which must exit within half a minute."""
    source = "import os, sys, threading, time\nfrom rot180.data import DataLoader, Dataset\n" + textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=False)


def test_the_interpreter_exits_while_a_thread_is_busy() -> None:
    done = run(
        """
        class Slow(Dataset):
            def __len__(self): return 9
            def __getitem__(self, index):
                if index: time.sleep(3600)
                return index
        loop = iter(DataLoader(Slow(), num_workers=2))
        print(next(loop).tolist())
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0]\n", "")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_parent_and_child_continue_after_a_fork() -> None:
    """The fork may happen while a thread holds a lock: the child has no threads and must not wait for any."""
    done = run(
        """
        class Slow(Dataset):
            def __len__(self): return 9
            def __getitem__(self, index): time.sleep(0.01); return index
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks while there are threads
        loader = DataLoader(Slow(), num_workers=2)
        for epoch in range(10):
            loop = iter(loader)
            first = [int(next(loop)[0]) for _ in range(3)]
            child = os.fork()
            rest = [int(batch[0]) for batch in loop]
            assert first + rest == list(range(9)), rest
            if not child:
                assert threading.active_count() == 1
                assert [int(batch[0]) for batch in loader] == list(range(9))  # with threads of its own
                left = iter(loader)
                next(left)
                del left
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        print("well")
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "well\n", "")


@pytest.mark.parametrize(
    ("name", "value", "least"), [("num_workers", -1, 0), ("prefetch_factor", 0, 1), ("num_workers", True, 0)]
)
def test_settings_are_checked(name: str, value: int, least: int) -> None:
    with pytest.raises(ValueError, match=f"DataLoader: {name} must be at least {least}; got {value}"):
        DataLoader(DATA, **{name: value})  # type: ignore[arg-type]
