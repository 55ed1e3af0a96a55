"""Arrays that cannot be a result or a gradient: NaN and infinity, zeros everywhere, and booleans.

They are reported before the search for known mistakes, because a known mistake can produce an equal array by chance.

Internal to check/. Mistakes with a name are in diagnosis/mistakes/.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...window import Window
from ..diagnosis.evidence import Evidence, array_name
from .findings import Fault


def find_invalid(evidences: Sequence[Evidence], argument: str) -> Fault | None:
    """Return the fault with its text and a problem that shows it, or None if the arrays are plausible."""
    name, total = array_name(argument), len(evidences)
    by_size = sorted(evidences, key=lambda e: e.case.cells)
    smallest = next((e for e in by_size if e.wrong(argument)), by_size[0])  # a gradient of 0 can be right
    broken = [e for e in by_size if e.not_finite(argument).any()]
    if broken:
        cells = broken[0].not_finite(argument)
        count = "all of its cells" if cells.all() else f"{int(cells.sum())} of its {cells.size} cells"
        text = NOT_FINITE.format(name=name, count=count, where=f"on {len(broken)} of {total} problems")
        return Fault(argument, (broken[0],), text=text)
    if all(e.actual[argument].dtype.kind == "b" for e in evidences):
        return Fault(argument, (smallest,), text=BOOLS.format(name=name))
    shaped = all(e.actual[argument].shape == e.expected[argument].shape for e in evidences)
    if shaped and not any(e.actual[argument].any() for e in evidences):
        where = f"on all {total} problems" if total > 1 else "on the only problem"
        only_last_window = argument == "w" and all(_last_window_in_padding(e.window) for e in evidences)
        text = ZEROS.format(name=name, where=where, more=ASSIGNED if only_last_window else "")
        return Fault(argument, (smallest,), text=text)
    return None


def _last_window_in_padding(window: Window | None) -> bool:
    """True if the last window lies entirely in the padding."""
    if window is None:
        return False
    sides = (window.x_size, window.y_size, window.kernel)
    axes = zip(*sides, window.stride, window.padding, window.dilation, strict=True)
    return any(
        not any(0 <= stride * (positions - 1) + dilation * k - padding < size for k in range(kernel))
        for size, positions, kernel, stride, padding, dilation in axes
    )


NOT_FINITE = (
    "{name} is not finite: {count} are NaN or infinite, {where}. All input numbers are small and none is 0. Look "
    "for a division by 0, a logarithm or a root of a number that is not positive, or an array that is not filled "
    "(np.empty). The check can find other mistakes once this is fixed."
)
BOOLS = "{name} is an array of bool: a comparison is returned where numbers are expected."
ZEROS = "{name} is 0 everywhere, {where}: either nothing is written into it, or the result is discarded{more}."
ASSIGNED = ", or it is assigned (=) instead of accumulated (+=) and the last window lies entirely in the padding"
