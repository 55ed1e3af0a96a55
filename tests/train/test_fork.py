"""Forking during training: the child continues with the same bits as the parent, and neither deadlocks.

Each test runs a separate program with a time limit, so that a child that hangs fails the test.
"""

from __future__ import annotations

import os

import pytest

from rot180.kernels import extension
from tests.kernels.processes import run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")

NETWORK = """
import os, signal, sys, threading, time, warnings
import numpy as np
import rot180
import rot180.functional as F
from rot180 import nn, optim

warnings.simplefilter("ignore", DeprecationWarning)  # about forking a process with threads
rot180.set_num_threads(3)
rot180.manual_seed(0)
images = np.random.default_rng(0).standard_normal((16, 3, 16, 16)).astype(np.float32)
labels = np.arange(16) % 10

class Training:
    def __init__(self):
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Flatten(), nn.Linear(64 * 64, 10),
        )
        self.optimizer = optim.Adam(self.model.parameters())

    def step(self):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(images), labels).backward()
        self.optimizer.step()

    def bits(self):
        return b"".join(p.data.tobytes() for p in self.model.parameters())

def steps(training, count):
    for _ in range(count):
        training.step()
    return training.bits()

def fork(work):
    "Start a child that exits with status 0 if work() is true and is killed after 40 s; return its pid."
    pid = os.fork()
    if not pid:
        status = 2
        signal.alarm(40)
        try:
            status = 0 if work() else 1
        finally:
            os._exit(status)
    return pid

def succeeded(pid):
    return os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.parametrize("engine", [pytest.param("numpy", marks=pytest.mark.slow), "native"])
def test_child_and_parent_compute_the_same_bits_after_a_fork_between_steps(engine: str) -> None:
    if engine == "native" and extension.unavailable():
        pytest.skip(f"no extension: {extension.unavailable()}")
    code = """
undisturbed = Training()
before = undisturbed.bits()
assert steps(undisturbed, 3) != before
rot180.manual_seed(0)
training = Training()
assert training.bits() == before
steps(training, 2)
read, write = os.pipe()
def child():  # starts its own workers: threads are not copied by a fork
    with os.fdopen(write, "wb") as out:
        out.write(steps(training, 1))
    return True
pid = fork(child)
os.close(write)
mine = steps(training, 1)
with os.fdopen(read, "rb") as other:
    assert other.read() == mine == undisturbed.bits()
assert succeeded(pid)
grandchild = fork(lambda: succeeded(fork(lambda: steps(training, 2) != mine)) and training.bits() == mine)
assert succeeded(grandchild)
"""
    result = run(NETWORK + code, ROT180_ENGINE=engine)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")
def test_a_fork_while_another_thread_runs_a_step() -> None:
    """At the moment of the fork, workers may hold any lock of the thread pool or of the memory cache."""
    code = """
mine, theirs = Training(), Training()
steps(mine, 1)
done = threading.Event()
def train():
    while not done.is_set():
        theirs.step()
other = threading.Thread(target=train)
other.start()
children = []
for number in range(12):
    time.sleep(0.003 * number)  # at different points of a step
    children.append(fork(lambda: steps(mine, 1)))
assert all([succeeded(pid) for pid in children])
done.set()
other.join()
assert np.isfinite(np.frombuffer(steps(mine, 1) + steps(theirs, 1), np.float32)).all()
"""
    result = run(NETWORK + code, ROT180_ENGINE="native")
    assert result.returncode == 0, result.stderr
