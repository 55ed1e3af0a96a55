"""The result of `check.gradients`: a `Report` with failures and notes, each of which is a `Finding`.

Public. check.py creates the findings.
"""

from __future__ import annotations

from dataclasses import dataclass

_NOTES = ("at-a-kink", "unresolved", "unused", "coarse")
_MEANING = {
    "wrong-gradient": "the gradient differs from the numerical derivative by more than the error bound",
    "no-gradient": "this argument gets no gradient, although the function depends on it",
    "wrong-shape": "the gradient does not have the shape of the argument",
    "not-finite": "the gradient is not finite where the function is smooth",
    "at-a-kink": "the left and the right derivative differ, so there is no derivative to compare with; not a fault",
    "unresolved": "no step gave a usable difference (nearby values are not finite); not a fault",
    "unused": "the function does not depend on this argument",
    "coarse": "relative changes of 1e-11 in this argument do not change the output but changes of 4e-06 do, so "
    "numerical derivatives are inaccurate; look for an intermediate result that is rounded to float32",
}


@dataclass(frozen=True)
class Finding:
    """One fault or note on one argument.

    Attributes:
        slug: the kind of finding. Failures: wrong-gradient, no-gradient, wrong-shape, not-finite. Notes: at-a-kink,
            unresolved, unused, and coarse (the function changes in steps).
        argument: the name of the input or parameter.
        explanation: one sentence.
        index: the worst entry of a failure, or the first entry of a note; None if the finding is not about single
            entries.
        gradient, numerical: the gradient from the tape, and the difference quotient.
        left, right: the one-sided difference quotients.
        error, error_bound: |gradient - numerical|, and the largest accepted value.
        eps: the step, relative to max(1, |x|).
        kink_near: True if the function has a kink within the first step, so that smaller steps were used.
        count, total: the number of entries (or directions) with this finding, and their total number.
    """

    slug: str
    argument: str
    explanation: str
    index: tuple[int, ...] | None = None
    gradient: float = 0.0
    numerical: float = 0.0
    left: float = 0.0
    right: float = 0.0
    error: float = 0.0
    error_bound: float = 0.0
    eps: float = 0.0
    kink_near: bool = False
    count: int = 0
    total: int = 0

    def render(self, unit: str) -> str:
        """The finding as a few lines; `unit` is entries or directions."""
        place = "" if self.index is None else f", {'first' if self.slug in _NOTES else 'worst'} at {_at(self.index)}"
        counted = f" ({self.count} of {self.total} {unit}{place})" if self.count else ""
        lines = [f"{self.slug}: {self.argument}{counted}", f"    {self.explanation}"]
        if self.slug in ("wrong-gradient", "not-finite"):
            near = "yes, within the first step" if self.kink_near else "no"
            lines.append(f"    gradient  {self.gradient:+.12g}    error {self.error:.3g}, bound {self.error_bound:.3g}")
            lines.append(f"    numerical {self.numerical:+.12g}    eps {self.eps:.3g}, kink near: {near}")
        elif self.slug == "at-a-kink":
            lines.append(f"    gradient {self.gradient:+.6g}, left {self.left:+.6g}, right {self.right:+.6g}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The result of a check of gradients. bool(report) is True if nothing is wrong.

    Attributes:
        op: the name of the checked function.
        order: the order of the derivatives, 1 or 2.
        mode, seed, eps: the settings of the check.
        compared: the number of derivatives that were compared with numerical ones, over all arguments.
        worst: the largest error / error_bound of all compared derivatives; at most 1 if all are right.
        failures: one Finding for each argument whose gradient is wrong.
        notes: findings that are not faults.
    """

    op: str
    order: int
    mode: str
    seed: int
    eps: float
    compared: int
    worst: float
    failures: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True if no gradient is wrong; notes do not count."""
        return not self.failures

    def __bool__(self) -> bool:
        return self.ok

    def render(self) -> str:
        """The report as text."""
        unit = "entries" if self.mode == "full" else "directions"
        verdict = "WRONG" if not self.ok else "right" if self.compared else "NOT COMPARED with anything"
        run = f"largest error / bound {self.worst:.2g}, mode {self.mode}, seed {self.seed}, eps {self.eps:.3g}"
        lines = [f"{self.op}: gradients of order {self.order} are {verdict} ({self.compared} {unit} compared, {run})"]
        if self.order == 2:
            lines.append(
                "  order 2 differentiates the gradients of order 1 and assumes that they are right, so check order 1 "
                "as well"
            )
        for finding in (*self.failures, *self.notes):
            lines += [f"  {line}" for line in finding.render(unit).split("\n")]
        return "\n".join(lines)

    __str__ = render


def meaning(slug: str) -> str:
    """The sentence that explains a slug."""
    return _MEANING[slug]


def _at(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"
