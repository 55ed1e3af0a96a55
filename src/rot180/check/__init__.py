"""Floor 5: checks of gradients, for the library's own ops and modules and for yours.

    from rot180 import check

    report = check.gradients(fn, x, w)      # a function of Tensors, or a Module
    print(report)
    check.assert_gradients(fn, x, w, order=2)

    report = check.layer(forward, backward, op="conv2d", stride=2)     # functions on arrays of your own
    print(report.render())

`layer.py` is the check of a forward and a backward: `calling.py` reads their signatures, `telling.py` has what they are
told, `forms.py` other forms of their arrays, `returned.py` what they return; `runner.py` runs them, `judgement.py` says
what is wrong and which mistake it is. `definitions/` has what is right, `mistakes/` what people get wrong,
`diagnosis.py` the search among them, `findings.py` the report. `measured.py` has the gradient of the forward by
differences, exact ones where it is affine, `kinks.py` what is done where there is no derivative. `repeats.py` has what
shows by calling again, `plain.py` arrays that are no gradient at all, `raised.py` what the code raised.

`gradient.py` is the check of Tensors, `subject.py` what is checked, `differences.py` the numerical derivative and its
error bound, `report.py` what was found.
"""

from .gradients.check import assert_gradients, gradients
from .gradients.report import Finding, Report
from .layer import layer
from .report import Diagnosis, LayerReport, Stage

__all__ = ["Diagnosis", "Finding", "LayerReport", "Report", "Stage", "assert_gradients", "gradients", "layer"]
