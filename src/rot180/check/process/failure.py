"""The errors that are raised if a file cannot be checked."""

from __future__ import annotations

from ...errors import Rot180Error


class CouldNotCheckError(Rot180Error, RuntimeError):
    """The code could not be checked: it could not be loaded or called, or did not finish in time."""


class ChildFailure(BaseException):
    """The child process ended, did not answer in time, or sent an invalid message.

    It does not derive from Exception, because the checker attributes every Exception to the user's functions.
    `check_file` turns it into a CouldNotCheckError.
    """
