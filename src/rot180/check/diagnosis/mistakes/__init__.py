"""The known mistakes: each has a slug, an explanation, a fix, and a function that makes the mistake.

A `Mistake` yields the arrays that the user's code would return if it made this mistake. If these arrays equal the
returned ones on every problem, the report names the mistake. To add a mistake, add a decorated function to the module
of its family, as docs/how-a-verdict-is-made.md describes.

    kernel      the kernel rotated, flipped or transposed        norms       statistics, gamma and beta
    borders     padding kept, crops, output padding              pointwise   masks, exponents, softmax
    steps       stride, dilation, = instead of +=                pooling     max pooling
    sums        too few terms, factors, signs, clips             reshapes    reshape instead of transpose
    loops       loops that end early                             settings    ignored settings, swapped axes
    channels    channels and groups                              state       integers, old weights, repeated calls
"""

from . import borders, channels, kernel, loops, norms, pointwise, pooling, reshapes, settings, state, steps, sums
from .mistake import ALL, ANY, UNNAMED, Candidate, Mistake

__all__ = [
    "ALL", "ANY", "ORDER", "UNNAMED", "Candidate", "Mistake", "borders", "channels", "in_order", "kernel", "loops",
    "norms", "pointwise", "pooling", "reshapes", "settings", "state", "steps", "sums",
]  # fmt: skip

# If several mistakes explain the same arrays, they are reported in this order: specific before general, slips before
# misunderstandings.
ORDER = """
    clip-collapsed forward-flipped dx-kernel-not-rotated dw-rotated dw-transposed channels-swapped
    mask-wrong max-of-padding statistics-as-constants gamma-missing derivative-misplaced gradients-swapped
    softmax-jacobian-dropped sign-inverted
    bias-added-repeatedly overlap-overwritten last-sample-only db-not-summed loop-ends-early height-width-mixed
    dx-padding-kept stride-ignored dx-strided stride-dilation-swapped transposed-padding-added output-padding-as-zeros
    dx-shifted dx-cropped border-dropped groups-mixed wrong-channel integer-truncated clipped reshaped-not-transposed
    weights-updated-first x-hat-missing dw-convolved padding-ignored dilation-ignored output-padding-ignored
    bias-ignored axes-swapped penalty-added
""".split()


def in_order() -> list[Mistake]:
    """Return all mistakes, the more specific ones first. Mistakes that are not in ORDER come last."""
    last = len(ORDER)
    return sorted(ALL, key=lambda m: ORDER.index(m.slug) if m.slug in ORDER else last)
