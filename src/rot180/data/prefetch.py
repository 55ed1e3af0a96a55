"""Results made ahead by threads: in order, so many at most, and gone when nobody asks for them any more.

Not `concurrent.futures`: the interpreter waits at its end for an executor's threads, and an exit must not hang on a
slow dataset. These are daemons, and nothing here waits for them except whoever asks for a result.
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


def made_ahead(make: Callable[[Task], Result], tasks: Iterable[Task], workers: int, ahead: int) -> Iterator[Result]:
    """make(task) for each task in turn, made by threads, at most `ahead` of them before they are asked for.

    They run in the context of this call. An error is raised in the place of its result and ends the iteration.
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
            inbox.put((outbox, context.copy().run, make, task))  # a context serves one thread at a time

    try:
        for _ in range(workers):
            Thread(target=_work, args=(inbox,), name="rot180-loader", daemon=True).start()
        submit(ahead)
        while waiting and os.getpid() == home:
            submit(1)
            yield _opened(waiting.popleft()[0])
        # In a fork of the process there are no threads: what is left is made on the spot.
        for task in chain((task for _, task in waiting), tasks):
            yield context.copy().run(make, task)
    finally:
        if os.getpid() == home:
            _dismiss(inbox, workers)


def _work(inbox: SimpleQueue[Any]) -> None:
    """A thread: it knows the queue only, so that an iterator that nobody holds is freed, and then ends it."""
    while (job := inbox.get()) is not None:
        outbox, run, make, task = job
        try:
            outbox.put((run(make, task), None))
        except BaseException as error:
            outbox.put((None, error))
        del job, outbox, run, make, task  # nothing is kept alive while waiting


def _opened(outbox: SimpleQueue[Any]) -> Any:
    result, error = outbox.get()
    if error is None:
        return result
    try:
        raise error
    finally:
        del error  # the error's traceback holds this frame: without this, a cycle


def _dismiss(inbox: SimpleQueue[Any], workers: int) -> None:
    """Take back what no thread has begun, and let each thread end after what it is at."""
    try:
        while True:
            inbox.get_nowait()
    except Empty:
        pass
    for _ in range(workers):
        inbox.put(None)
