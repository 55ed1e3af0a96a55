"""The result of `check.layer`, as data and as text.

Public. judging/ creates the findings.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

WIDTH = 100
MAX_CASES = 4  # the number of cases that the text lists


@dataclass(frozen=True)
class Example:
    """The smallest failing case for the explainer: the arguments of `explain.trace(op, **settings, **arrays)`.

    Attributes:
        op, settings: the operation and the settings of the layer.
        arrays: nested lists by argument.
        cell: the cell to show, for example "dx[0,0,1,1]".
    """

    op: str
    settings: Mapping[str, Any]
    arrays: Mapping[str, Any]
    cell: str


@dataclass(frozen=True)
class Diagnosis:
    """One finding: a mistake with an explanation and a fix, or a wrong array without a known mistake.

    Attributes:
        slug: the name of the mistake, or "unknown".
        argument: the wrong array, e.g. "y" or "dx", or several gradients wrong by the same factor, e.g. "dw, db".
        explanation: a paragraph.
        fix: the code or the change that corrects the mistake.
        case: a description of the smallest case that fails.
        picture: small matrices with the wrong cells marked.
        formula: the formula of one wrong cell.
        example: the smallest failing case for the explainer.
    """

    slug: str
    argument: str
    explanation: str
    fix: str
    case: str = ""
    picture: str = ""
    formula: str = ""
    example: Example | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Diagnosis:
        """Create a diagnosis from the result of `asdict`."""
        example = data.get("example")
        return cls(**{**data, "example": example and Example(**example)})

    def render(self) -> str:
        """The diagnosis as text."""
        lines = [f"{self.slug}: {self.argument}"]
        lines += textwrap.wrap(self.explanation, WIDTH, initial_indent="    ", subsequent_indent="    ")
        if self.fix:
            fix = f"fix: {self.fix}"
            lines += textwrap.wrap(fix, WIDTH, initial_indent="    ", subsequent_indent="         ")
        if self.case:
            lines.append(f"    smallest case that fails: {self.case}")
        lines += [f"    {line}" for line in (*self.picture.splitlines(), *self.formula.splitlines())]
        return "\n".join(lines)


@dataclass(frozen=True)
class Stage:
    """One step of the check: its name, True if it passed, and its result as text."""

    name: str
    passed: bool
    text: str


@dataclass(frozen=True)
class LayerReport:
    """The result of `check.layer`. bool(report) is True if nothing is wrong.

    Attributes:
        op, name: the operation, and the name of the backward.
        convention: "correlation" or "convolution".
        stages: the results of the comparisons, in order.
        diagnoses: the mistakes, in the order in which to fix them.
        unexplained: wrong results that no known mistake explains, each with a description of the error.
        notes: observations that are not faults.
        remarks: general remarks, for example on settings that were not varied.
        scope: the restriction of the check to some sizes, for example "square images only", or "". It is part of the
            title.
        tried, refused: descriptions of the problems that ran, and of the cases that the code refused (each reason
            once).
    """

    op: str
    name: str
    convention: str
    stages: tuple[Stage, ...]
    diagnoses: tuple[Diagnosis, ...]
    unexplained: tuple[Diagnosis, ...] = field(default=())
    notes: tuple[Diagnosis, ...] = field(default=())
    remarks: tuple[str, ...] = field(default=())
    tried: tuple[str, ...] = field(default=())
    refused: tuple[str, ...] = field(default=())
    scope: str = ""

    @property
    def ok(self) -> bool:
        """True if nothing is wrong; notes do not count."""
        return not (self.diagnoses or self.unexplained)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def title(self) -> str:
        """The first line, `layer_backward as conv2d (correlation): right`; only convolutions have a convention.

        A restriction follows: `layer_backward as conv2d (correlation), square images only: right`.
        """
        how = f" ({self.convention})" if "conv" in self.op else ""
        scope = f", {self.scope}" if self.scope else ""
        return f"{self.name} as {self.op}{how}{scope}: {'right' if self.ok else 'WRONG'}"

    def render(self) -> str:
        """The report as text."""
        lines = [self.title]
        for stage in self.stages:
            lines.append(f"  {'ok   ' if stage.passed else 'WRONG'} {stage.name}: {stage.text}")
        for finding in (*self.diagnoses, *self.unexplained):
            lines += ["", *[f"  {line}" for line in finding.render().splitlines()]]
        for remark in self.remarks:
            lines += ["", *textwrap.wrap(remark, WIDTH, initial_indent="  ", subsequent_indent="  ")]
        for note in self.notes:
            lines += [
                "",
                *[f"  note: {line}" if i == 0 else f"  {line}" for i, line in enumerate(note.render().splitlines())],
            ]
        lines += ["", *_listed(f"tried {len(self.tried)} problem{'' if len(self.tried) == 1 else 's'}", self.tried)]
        lines += _listed("refused by the code, so not checked", self.refused) if self.refused else []
        return "\n".join(lines)

    __str__ = render

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: every attribute, and `ok`."""
        return {"ok": self.ok, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LayerReport:
        """Create a report from the result of `as_dict`."""
        parts = {name: value for name, value in data.items() if name != "ok"}
        parts["stages"] = tuple(Stage(**stage) for stage in parts["stages"])
        for name in ("diagnoses", "unexplained", "notes"):
            parts[name] = tuple(Diagnosis.from_dict(finding) for finding in parts[name])
        for name in ("remarks", "tried", "refused"):
            parts[name] = tuple(parts[name])
        return cls(**parts)


def _listed(title: str, cases: tuple[str, ...]) -> list[str]:
    """The first few cases and the number of the other cases. The attributes of the report hold all cases."""
    more = [f"    and {len(cases) - MAX_CASES} more"] if len(cases) > MAX_CASES else []
    return [f"  {title}:", *[f"    {case}" for case in cases[:MAX_CASES]], *more]
