"""The exceptions of rot180.

Every message names the op, the argument, the value received, the value needed and, if it is not obvious, the remedy.
Each class also derives from the matching built-in exception, so that for example `except ValueError` works.
"""


class Rot180Error(Exception):
    """Base class of the errors that rot180 defines."""


class ShapeError(Rot180Error, ValueError):
    """Sizes that do not match: channels, kernels, strides, padding, broadcasting."""


class DtypeError(Rot180Error, TypeError):
    """An array whose dtype the op does not accept, for example integers, or float32 mixed with float64."""


class EngineError(Rot180Error, RuntimeError):
    """The requested engine is not available, or it cannot run a call and `strict=True` forbids the fallback."""


class GradientError(Rot180Error, RuntimeError):
    """A backward pass that cannot run, or a wrong gradient found by a check."""


class FormatError(Rot180Error, ValueError):
    """A file that is truncated, has another format, or contains impossible sizes."""


class MissingExtraError(Rot180Error, ImportError):
    """An optional package is missing; the message names the extra that installs it."""
