"""Numbers as a terminal shows them."""

from __future__ import annotations


def number(value: float) -> str:
    """As short as it can be told."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6g}"
