"""Naming the mistake that explains a wrong array."""
