"""Test vectors for layers in other languages: `export` writes them, `verify` checks the answers."""

from .export import export
from .verification import verify

__all__ = ["export", "verify"]
