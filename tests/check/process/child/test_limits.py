"""The operating system's limits for the worker."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from rot180.check.process.child.limits import threads_of


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_threads_of_a_user_are_counted() -> None:
    before = threads_of(os.getuid())
    wait = threading.Event()
    threads = [threading.Thread(target=wait.wait) for _ in range(50)]
    for thread in threads:
        thread.start()
    try:
        assert before >= 1 and threads_of(os.getuid()) > before
        assert threads_of(1 << 30) == 0
    finally:
        wait.set()
        for thread in threads:
            thread.join()
