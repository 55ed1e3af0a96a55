"""Compute results in advance on threads, and yield them in order.

The number of results computed in advance is limited. The threads end when the iterator is exhausted or freed.

`concurrent.futures` is not used, because the interpreter waits for an executor's threads when it exits, and an exit
must not wait for a slow dataset. The threads of this module are daemons; only the consumer of a result waits for them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from itertools import chain, islice
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def prefetched(make: Callable[[Task], Result], tasks: Iterable[Task], workers: int, ahead: int) -> Iterator[Result]:
    """Yield make(task) for each task in order; threads compute at most `ahead` results in advance.

    The threads run in the context of this call. If a task fails, its error is raised in place of the result and ends
    the iteration.
    """
    return _results(make, iter(tasks), workers, ahead, copy_context())


def _results(
    make: Callable[[Task], Result], tasks: Iterator[Task], workers: int, ahead: int, context: Context
) -> Iterator[Result]:
    home = os.getpid()
    inbox: SimpleQueue[Any] = SimpleQueue()
    waiting: deque[tuple[SimpleQueue[Any], Task]] = deque()

    def submit(count: int) -> None:
        for task in islice(tasks, count):
            outbox: SimpleQueue[Any] = SimpleQueue()
            waiting.append((outbox, task))
            inbox.put((outbox, context.copy().run, make, task))  # only one thread at a time can enter a context

    try:
        for _ in range(workers):
            Thread(target=_work, args=(inbox,), name="rot180-loader", daemon=True).start()
        submit(ahead)
        while waiting and os.getpid() == home:
            submit(1)
            yield _result(waiting.popleft()[0])
        # A forked process has no threads: the remaining results are computed here.
        for task in chain((task for _, task in waiting), tasks):
            yield context.copy().run(make, task)
    finally:
        if os.getpid() == home:
            _dismiss(inbox, workers)


def _work(inbox: SimpleQueue[Any]) -> None:
    """Run jobs until None. The thread refers only to the queue, so the iterator can be freed, which ends the thread."""
    while (job := inbox.get()) is not None:
        outbox, run, make, task = job
        try:
            outbox.put((run(make, task), None))
        except BaseException as error:
            outbox.put((None, error))
        del job, outbox, run, make, task  # so that a waiting thread does not keep them alive


def _result(outbox: SimpleQueue[Any]) -> Any:
    result, error = outbox.get()
    if error is None:
        return result
    try:
        raise error
    finally:
        del error  # break the reference cycle: the traceback of the error refers to this frame


def _dismiss(inbox: SimpleQueue[Any], workers: int) -> None:
    """Remove the jobs that have not started, and end each thread after its current job."""
    try:
        while True:
            inbox.get_nowait()
    except Empty:
        pass
    for _ in range(workers):
        inbox.put(None)
