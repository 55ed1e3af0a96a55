"""What the explainer itself finds wrong; the sizes of a layer are complained about by the layer."""

from __future__ import annotations

from ..errors import Rot180Error


class ExplainError(Rot180Error, ValueError):
    """An operation that cannot be traced, too many products for a picture, a request that makes no sense."""
