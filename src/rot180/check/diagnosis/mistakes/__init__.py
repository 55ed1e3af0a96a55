"""The mistakes that people make: each has a slug, an explanation, a fix, and a function that makes the mistake.

A diagnosis is made by equality: a `Mistake` yields the arrays that the user's code would return if it made this
mistake. If they equal the returned arrays on every problem, the mistake is named. To add a mistake, add a decorated
function to the module of its family.
"""

from . import borders, channels, kernel, pointwise, pooling, reshapes, state, steps, sums, unnamed
from .mistake import ALL, ANY, UNNAMED, Candidate, Mistake

__all__ = [
    "ALL", "ANY", "UNNAMED", "Candidate", "Mistake", "borders", "channels", "in_order", "kernel", "pointwise",
    "pooling", "reshapes", "state", "steps", "sums", "unnamed",
]  # fmt: skip

# If several mistakes explain the same arrays, they are reported in this order: specific before general, slips before
# misunderstandings. Mistakes that are not listed come last.
_ORDER = """
    clip-collapsed forward-flipped dx-kernel-not-rotated dw-rotated dw-transposed channels-swapped
    mask-wrong statistics-as-constants softmax-jacobian-dropped
    overlap-overwritten last-sample-only db-not-summed dx-padding-kept stride-ignored stride-dilation-swapped
    transposed-padding-added output-padding-as-zeros dx-shifted border-dropped groups-mixed wrong-channel
    integer-truncated clipped reshaped-not-transposed weights-updated-first
""".split()


def in_order() -> list[Mistake]:
    """Return all mistakes, the more specific ones first."""
    last = len(_ORDER)
    return sorted(ALL, key=lambda m: _ORDER.index(m.slug) if m.slug in _ORDER else last)
