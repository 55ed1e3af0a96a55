"""What a command's exit status means. Scripts depend on these numbers: they do not change."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit status of a command."""

    DONE = 0
    FAULT = 1  # a check found what it looks for
    USAGE = 2  # wrong usage or bad input: a file that is missing or damaged, an option that makes no sense
    FAILED = 3  # the run failed: a full disk, a loss that is not a number
    INTERRUPTED = 130  # Ctrl-C
