"""The exception of the explainer. If a layer's sizes are invalid, the layer functions raise their own errors."""

from __future__ import annotations

from ..errors import Rot180Error


class ExplainError(Rot180Error, ValueError):
    """Raised for an unknown operation or setting, a layer that is too large to show, or a cell that does not exist."""
