"""Floor 5: which cells make which: the trilinear form written out as triples of cells (`trace.py`)."""

from .trace import Triple, meeting, triples  # isort: skip  (binds the module's name, which the function then takes)
from .errors import ExplainError
from .make import trace
from .record import Trace

__all__ = ["ExplainError", "Trace", "Triple", "meeting", "trace", "triples"]
