"""Both readers behave the same, so that the one for Windows is tested elsewhere too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from rot180.check.process.reading import BLOCK, PollReader, Reader, ThreadReader

pytestmark = pytest.mark.skipif(os.name == "nt", reason="poll")


@pytest.fixture(params=[PollReader, ThreadReader])
def pipe(request: pytest.FixtureRequest) -> Iterator[tuple[Reader, int]]:
    out, into = os.pipe()
    make: Callable[[int], Reader] = request.param
    reader = make(out)
    yield reader, into
    reader.close()
    for descriptor in (out, into):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_bytes_then_the_end(pipe: tuple[Reader, int]) -> None:
    reader, into = pipe
    assert not reader.has_bytes
    os.write(into, b"abc")
    assert reader.read(5) == b"abc"
    os.write(into, b"x" * BLOCK)
    os.close(into)
    assert sum(len(reader.read(5) or b"") for _ in range(1)) == BLOCK
    assert reader.read(5) == b""


def test_nothing_in_time(pipe: tuple[Reader, int]) -> None:
    begin = time.monotonic()
    assert pipe[0].read(0.05) is None and pipe[0].read(-1) is None
    assert 0.04 < time.monotonic() - begin < 2


def test_bytes_that_nobody_has_read(pipe: tuple[Reader, int]) -> None:
    reader, into = pipe
    os.write(into, b"abc")
    for _ in range(500):
        if reader.has_bytes:
            break
        time.sleep(0.01)
    assert reader.has_bytes and reader.read(1) == b"abc" and not reader.has_bytes
