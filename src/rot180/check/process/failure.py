"""Why there is no verdict."""

from __future__ import annotations

from ...errors import Rot180Error


class CouldNotCheckError(Rot180Error, RuntimeError):
    """The code could not be loaded, called or finished in time, so there is no verdict."""


class ChildFailure(BaseException):
    """The process ended, hung or sent a message that it should not have sent.

    It is not an Exception, because it must pass the code that turns exceptions of the user's functions into refusals.
    `check_file` turns it into a CouldNotCheckError.
    """
