"""The exit statuses of the commands. Scripts depend on these numbers, so they do not change."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit status of a command."""

    DONE = 0
    FAULT = 1  # a check found a fault
    USAGE = 2  # wrong usage or bad input, for example a missing or damaged file or an unknown option
    FAILED = 3  # the run failed, for example a full disk or a loss that is NaN
    INTERRUPTED = 130  # Ctrl-C
