"""Rewrite messages of the checker for the command line: `--backward-arguments dy` for `backward_arguments="dy"`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .arguments import option_of

if TYPE_CHECKING:
    from ..check import Diagnosis, LayerReport

SETTINGS = (
    "stride", "padding", "dilation", "groups", "output_padding", "kernel_size", "normalized_shape", "eps",
    "negative_slope", "reduction",
)  # fmt: skip
CALLS = ("op", "layout", "convention", "seed", "forward_arguments", "backward_arguments", "returns")
_ALL = "|".join(sorted((*SETTINGS, *CALLS), key=len, reverse=True))
_VALUE = r"\((?:[^()]*)\)|'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?"
_ASSIGNED = re.compile(rf"(?<![\w.\-])({_ALL})=(?:({_VALUE})|(?![\w=]))")
_CONVENTION = re.compile(r"\bconvention=[\"'](\w+)[\"']")  # no other argument occurs in descriptions of mistakes
_LONG = re.compile(r"(?<![\w.\-=])(" + "|".join(name for name in (*SETTINGS, *CALLS) if "_" in name) + r")(?![\w=(])")
_LIST = re.compile(r"has no setting (.*?); its settings are ([\w, ]+)")


def in_options(text: str) -> str:
    """Replace the arguments of `check.layer` in the text with the options of the command."""
    text = _LIST.sub(lambda found: f"has no setting {_names(found[1])}; its settings are {_names(found[2])}", text)
    text = _ASSIGNED.sub(lambda found: f"{option_of(found[1])}{_value(found[2])}", text)
    return _LONG.sub(lambda found: option_of(found[1]), text)


def report_in_options(report: LayerReport) -> LayerReport:
    """Apply `in_options` to the remarks of the report, and rewrite `convention=` in its findings."""
    return replace(
        report,
        remarks=tuple(map(in_options, report.remarks)),
        diagnoses=tuple(map(_finding_in_options, report.diagnoses)),
        unexplained=tuple(map(_finding_in_options, report.unexplained)),
        notes=tuple(map(_finding_in_options, report.notes)),
    )


def _finding_in_options(finding: Diagnosis) -> Diagnosis:
    """Replace `convention=` in the explanation and the fix with --convention; code in the finding stays as it is."""
    explanation = _CONVENTION.sub(r"--convention \1", finding.explanation)
    return replace(finding, explanation=explanation, fix=_CONVENTION.sub(r"--convention \1", finding.fix))


def _names(text: str) -> str:
    """A list of settings as options."""
    return ", ".join(
        option_of(name) if name in SETTINGS else name for name in (part.strip(" '") for part in text.split(","))
    )


def _value(text: str | None) -> str:
    """A value as it is typed on the command line: dy,cache for ('dy', 'cache')."""
    if text is None:
        return ""
    return " " + ",".join(part.strip(" '\"") for part in text.strip("()").split(",") if part.strip(" '\""))
