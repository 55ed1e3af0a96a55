"""The exceptions of rot180.

Every message names the op, the argument, what came, what is needed and, where it is not obvious, what to do. Each class
is also the built-in exception that a Python user would have caught, so `except ValueError` keeps working.
"""


class Rot180Error(Exception):
    """Base of all errors that rot180 raises on purpose."""


class ShapeError(Rot180Error, ValueError):
    """Sizes that do not fit together: channels, kernels, strides, padding, broadcasting."""


class DtypeError(Rot180Error, TypeError):
    """An array whose dtype the op does not take: integers, or float32 mixed with float64."""


class EngineError(Rot180Error, RuntimeError):
    """The engine that was asked for is not there, or lacks an op while `strict` forbids the detour."""


class GradientError(Rot180Error, RuntimeError):
    """A backward pass that cannot be run, or a gradient that a check found to be wrong."""


class FormatError(Rot180Error, ValueError):
    """A file that is not what it should be: truncated, of another kind, or with impossible sizes."""


class MissingExtraError(Rot180Error, ImportError):
    """An optional package is needed; the message names the extra that brings it."""
