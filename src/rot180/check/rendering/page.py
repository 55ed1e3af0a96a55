"""The report of `check.layer` as a self-contained HTML file, with the explainer open on each wrong cell.

It has the style of the training report. All texts from the user's code are escaped.

Used by the commands. judging/ creates the findings, and matrices.py their matrices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..report import Diagnosis, Example, LayerReport

# A wrong cell as marked by matrices.py. The pattern does not match indices such as dx[0, 1].
WRONG_CELL = re.compile(r"(?<!\w)\[-?(?:[\d.e+-]+|inf|nan)\](?= |$)", re.MULTILINE)


def page(report: LayerReport) -> str:
    """The text of the HTML file.

    It has no content security policy, because the explainer's frames would inherit the policy and could not run
    scripts.
    """
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    faults = [*report.diagnoses, *report.unexplained]
    explained: list[Example] = []
    sections = [_section(finding, explained, kind="") for finding in faults]
    sections += [_section(finding, explained, kind="note: ") for finding in report.notes]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_header(report, faults)}{''.join(sections)}{_problems(report)}"
        "<footer>Written by rot180 check. This page is a single file that you can mail, print and archive.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _header(report: LayerReport, faults: Sequence[Diagnosis]) -> str:
    """The verdict, the stages, and links to the faults."""
    links = "".join(
        f'<a href="#{_anchor(fault)}">{escape(fault.argument)}: {escape(fault.slug)}</a>' for fault in faults
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(stage.name)}</th>"
        f"<td class={'right' if stage.passed else 'wrong'}>{'ok' if stage.passed else 'WRONG'}</td>"
        f"<td>{escape(stage.text)}</td></tr>\n"
        for stage in report.stages
    )
    remarks = "".join(f'<p class="remark">{escape(remark)}</p>\n' for remark in report.remarks)
    return (
        f"<header>\n<p class=kicker>Check of a layer</p>\n<h1>{escape(report.title)}</h1>\n"
        f'<p class="lead">{_lead(report, faults)}</p>\n{f"<nav>{links}</nav>" if links else ""}\n'
        f'<div class="scroll" role="region" aria-label="stages of the check" tabindex="0"><table class="stages">'
        f"<tbody>\n{rows}</tbody></table></div>\n{remarks}</header>\n"
    )


def _lead(report: LayerReport, faults: Sequence[Diagnosis]) -> str:
    problems = f"{len(report.tried)} small problem{'' if len(report.tried) == 1 else 's'}"
    arrays = list(dict.fromkeys(fault.argument for fault in faults))
    if not arrays:
        return f"The forward and its gradients are right on {problems}."
    names = f"{', '.join(arrays[:-1])} and {arrays[-1]}" if len(arrays) > 1 else arrays[0]
    return (
        f"{escape(names)} {'is' if len(arrays) == 1 else 'are'} wrong. The functions ran on {problems}. For each "
        "mistake, the page shows the smallest case that fails. Fix the first mistake first."
    )


def _section(finding: Diagnosis, explained: list[Example], kind: str) -> str:
    """The section of one finding. It contains the explainer, unless an earlier section shows the same example."""
    picture = WRONG_CELL.sub(r"<mark>\g<0></mark>", escape(finding.picture))
    shown = "\n\n".join(filter(None, [picture, escape(finding.formula)]))
    html = (
        f'<section id="{_anchor(finding)}">\n'
        f"<h2>{kind}{escape(finding.argument)}: <code>{escape(finding.slug)}</code></h2>\n"
        f'<p class="lead">{escape(finding.explanation)}</p>\n'
    )
    if finding.fix:
        html += f'<p class="label">Fix</p>\n<p class="fix"><code>{escape(finding.fix)}</code></p>\n'
    if finding.case:
        html += f'<p class="label">Smallest case that fails</p>\n<p>{escape(finding.case)}</p>\n'
    if shown:
        html += f'<pre class="scroll" tabindex="0" role="region" aria-label="wrong and correct cells">{shown}</pre>\n'
    if finding.example and finding.example not in explained:
        explained.append(finding.example)
        html += explanation(finding.example)
    return html + "</section>\n"


def explanation(example: Example) -> str:
    """The explainer, open on the wrong cell, which shows how the correct value is computed."""
    from ... import explain
    from ...explain.notebook import frame

    trace = explain.trace(example.op, **example.settings, **example.arrays)
    return (
        f'<p class="label">How the correct value of <code>{escape(example.cell)}</code> is computed</p>\n'
        f"{frame(trace, cell=example.cell, lazy=True)}\n"
    )


def _problems(report: LayerReport) -> str:
    """The list of the cases that ran, and of the cases that the code refused."""
    tried, refused = list(dict.fromkeys(report.tried)), list(dict.fromkeys(report.refused))
    html = '<section id="problems">\n<h2>Problems</h2>\n<p class="lead">The functions ran on these cases.</p>\n'
    html += _list(tried)
    if refused:
        html += f'<p class="lead">The functions refused these cases, so they were not checked.</p>\n{_list(refused)}'
    return html + "</section>\n"


def _list(cases: Sequence[str]) -> str:
    return f'<ul class="cases">{"".join(f"<li>{escape(case)}</li>" for case in cases)}</ul>\n'


def _anchor(finding: Diagnosis) -> str:
    return escape(f"{finding.argument}-{finding.slug}")
