"""Floor 5: which cells make which: the trilinear form written out as triples of cells (`trace.py`)."""

from .trace import Triple, meeting, triples

__all__ = ["Triple", "meeting", "triples"]
