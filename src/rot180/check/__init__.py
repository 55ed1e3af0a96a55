"""Checks of gradients, for the library's own ops and modules and for the user's code.

    from rot180 import check

    report = check.gradients(fn, x, w)      # a function of Tensors, or a Module
    print(report)
    check.assert_gradients(fn, x, w, order=2)

    report = check.layer(forward, backward, op="conv2d", stride=2)     # your own functions on arrays
    print(report.render())

`layer.py` checks a forward and a backward. It uses these folders, in this order:

    operations/    what a convolution, a pooling, a norm or a loss computes
    adapter/       how the user's functions are called
    running/       runs them on many small problems
    judging/       compares the results with the definition and with the gradient of the user's own forward
    diagnosis/     finds the mistake that explains a wrong array; mistakes/ has one function for each
    rendering/     shows a wrong array as text, formula and HTML page

`report.py` holds the result, and `comparison.py` the tolerances. `process/` runs the functions of a file in a separate
process. `gradients/` checks Tensors and Modules, and `vectors/` writes and judges test vectors for other languages.
"""

from .gradients.check import assert_gradients, gradients
from .gradients.report import Finding, Report
from .layer import layer
from .report import Diagnosis, LayerReport, Stage

__all__ = ["Diagnosis", "Finding", "LayerReport", "Report", "Stage", "assert_gradients", "gradients", "layer"]
