"""Messages of the checker in the words of the command: `--backward-arguments dy,cache` for `backward_arguments=...`."""

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
_CONVENTION = re.compile(r"\bconvention=[\"'](\w+)[\"']")  # the only argument that the texts of mistakes name
_LONG = re.compile(r"(?<![\w.\-=])(" + "|".join(name for name in (*SETTINGS, *CALLS) if "_" in name) + r")(?![\w=(])")
_LIST = re.compile(r"has no setting (.*?); its settings are ([\w, ]+)")


def in_options(text: str) -> str:
    """The text with options of the command instead of arguments of `check.layer`."""
    text = _LIST.sub(lambda found: f"has no setting {_names(found[1])}; its settings are {_names(found[2])}", text)
    text = _ASSIGNED.sub(lambda found: f"{option_of(found[1])}{_value(found[2])}", text)
    return _LONG.sub(lambda found: option_of(found[1]), text)


def report_in_options(report: LayerReport) -> LayerReport:
    """The report with options in its remarks and its findings."""
    return replace(
        report,
        remarks=tuple(map(in_options, report.remarks)),
        diagnoses=tuple(map(_finding_in_options, report.diagnoses)),
        unexplained=tuple(map(_finding_in_options, report.unexplained)),
        notes=tuple(map(_finding_in_options, report.notes)),
    )


def _finding_in_options(finding: Diagnosis) -> Diagnosis:
    """The finding with the option --convention; its code keeps its keywords."""
    explanation = _CONVENTION.sub(r"--convention \1", finding.explanation)
    return replace(finding, explanation=explanation, fix=_CONVENTION.sub(r"--convention \1", finding.fix))


def _names(text: str) -> str:
    """A list of settings as options."""
    return ", ".join(
        option_of(name) if name in SETTINGS else name for name in (part.strip(" '") for part in text.split(","))
    )


def _value(text: str | None) -> str:
    """A value as it is typed: dy,cache for ('dy', 'cache')."""
    if text is None:
        return ""
    return " " + ",".join(part.strip(" '\"") for part in text.strip("()").split(",") if part.strip(" '\""))
