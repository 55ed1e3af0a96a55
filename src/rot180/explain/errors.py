"""The exception of the explainer. Errors about a layer's sizes come from the layer functions."""

from __future__ import annotations

from ..errors import Rot180Error


class ExplainError(Rot180Error, ValueError):
    """An unknown operation or setting, a layer that is too large to show, or a cell that does not exist."""
