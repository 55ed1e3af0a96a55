"""Floor 5: checks of gradients, for the library's own ops and modules and for yours.

    from rot180 import check

    report = check.gradients(fn, x, w)      # a function of Tensors, or a Module
    print(report)
    check.assert_gradients(fn, x, w, order=2)

`gradient.py` is the check, `subject.py` what is checked, `differences.py` the numerical derivative and its error bound,
`report.py` what was found.
"""

from .gradient import assert_gradients, gradients
from .report import Finding, Report

__all__ = ["Finding", "Report", "assert_gradients", "gradients"]
