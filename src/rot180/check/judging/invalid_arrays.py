"""What is plain to see in an array, before any mistake is looked for: that it is no gradient and no result at all.

NaN and inf, zeros everywhere, bools. Candidates of mistakes can be made to equal such arrays, and would say nothing.

Who may import it: the parts of check/. Deliberately absent: mistakes with a name (mistakes/).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...window import Window
from ..diagnosis.evidence import Evidence


def seen(evidences: Sequence[Evidence], argument: str) -> tuple[str, Evidence] | None:
    """What is to be said, and a problem that shows it; None if nothing is plain."""
    name, total = argument if argument == "y" else f"d{argument}", len(evidences)
    by_size = sorted(evidences, key=lambda e: e.case.cells)
    broken = [e for e in by_size if e.not_finite(argument).any()]
    if broken:
        cells = broken[0].not_finite(argument)
        count = "all of its cells" if cells.all() else f"{int(cells.sum())} of its {cells.size} cells"
        return NOT_FINITE.format(name=name, count=count, where=f"on {len(broken)} of {total} problems"), broken[0]
    if all(e.found[argument].dtype.kind == "b" for e in evidences):
        return BOOLS.format(name=name), by_size[0]
    shaped = all(e.found[argument].shape == e.right[argument].shape for e in evidences)
    if shaped and not any(e.found[argument].any() for e in evidences):
        where = f"on all {total} problems" if total > 1 else "on the one problem"
        assigned = argument == "w" and all(_ends_in_the_padding(e.window) for e in evidences)
        return ZEROS.format(name=name, where=where, more=ASSIGNED if assigned else ""), by_size[0]
    return None


def _ends_in_the_padding(window: Window | None) -> bool:
    """Whether the last window has no cell of the wide side."""
    if window is None:
        return False
    sides = (window.x_size, window.y_size, window.kernel)
    axes = zip(*sides, window.stride, window.padding, window.dilation, strict=True)
    return any(
        not any(0 <= stride * (positions - 1) + dilation * k - padding < size for k in range(kernel))
        for size, positions, kernel, stride, padding, dilation in axes
    )


NOT_FINITE = (
    "{name} is not finite: {count} are NaN or infinite, {where}. All numbers that went in are small, and none is 0. "
    "Look for a division by 0, a logarithm or a root of what is not positive, or an array that was not filled "
    "(np.empty). What else may be wrong shows when this is fixed."
)
BOOLS = "{name} is an array of bool, True and False: a comparison stands where the numbers should."
ZEROS = "{name} is 0 everywhere, {where}: nothing is ever put into it, or what is put there is thrown away{more}."
ASSIGNED = ", or = stands for +=, and the last window lies in the padding with all its cells"
