"""The mistakes people make, each a slug, an explanation, a fix, and how to make it oneself.

A diagnosis is made by equality: a `Mistake` yields what its arguments would be if it had been made, and where that is
what the user's code returned, on every problem that was tried, it is named. Adding one is adding a decorated function
to the file of its family.
"""

from . import borders, channels, kernel, pointwise, pooling, reshapes, state, steps, sums, unnamed
from .mistake import ALL, ANY, UNNAMED, Candidate, Mistake

__all__ = [
    "ALL", "ANY", "UNNAMED", "Candidate", "Mistake", "borders", "channels", "in_order", "kernel", "pointwise",
    "pooling", "reshapes", "state", "steps", "sums", "unnamed",
]  # fmt: skip

# Where several explain the same arrays they are named in this order: the specific before the general, a slip of the
# pen before a misunderstanding. What is not listed comes after.
_ORDER = """
    clip-collapsed forward-flipped dx-kernel-not-rotated dw-rotated dw-transposed channels-swapped
    mask-wrong statistics-as-constants softmax-jacobian-dropped
    overlap-overwritten last-sample-only db-not-summed dx-padding-kept stride-ignored stride-dilation-swapped
    transposed-padding-added output-padding-as-zeros dx-shifted border-dropped groups-mixed wrong-channel
    integer-truncated clipped reshaped-not-transposed weights-updated-first
""".split()


def in_order() -> list[Mistake]:
    """All, the more specific first."""
    last = len(_ORDER)
    return sorted(ALL, key=lambda m: _ORDER.index(m.slug) if m.slug in _ORDER else last)
