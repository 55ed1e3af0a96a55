"""The mistakes people make, each a slug, an explanation, a mend, and how to make it oneself.

A diagnosis is made by equality: a `Mistake` yields what its arguments would be if it had been made, and where that is
what the user's code returned, on every problem that was tried, it is named. Adding one is adding a decorated function
to the file of its family.
"""

from . import borders, kernel, pointwise, state, steps, sums
from .mistake import ALL, Candidate, Mistake

__all__ = ["ALL", "Candidate", "Mistake", "borders", "kernel", "pointwise", "state", "steps", "sums"]
