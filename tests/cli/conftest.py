"""A small trained run that the commands' tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rot180 import get_num_threads, set_num_threads
from rot180.cli import main


@contextmanager
def threads_restored() -> Iterator[None]:
    """`rot180 train` sets the number of threads for the whole process; other tests must not notice."""
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    with threads_restored():
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only read from."""
    out = tmp_path_factory.mktemp("runs") / "linear"
    with threads_restored():
        assert main(["train", "digits", "--model", "linear", "--epochs", "4", "--no-report", "--out", str(out)]) == 0
    return out
