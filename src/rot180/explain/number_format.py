"""Format numbers for the terminal."""

from __future__ import annotations


def format_number(value: float) -> str:
    """An integer without a decimal point; any other number with at most six significant digits."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6g}"
