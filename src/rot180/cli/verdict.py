"""The verdict on a layer as a command gives it: text with colours, JSON, a page; and what stands where there is none.

Who may import it: the commands. Deliberately absent: how anything is found (check/).
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import UsageError
from .status import ExitStatus

if TYPE_CHECKING:
    from ..check import LayerReport
    from ..check.report import Example
    from ..formats import WriteError

STDOUT = "-"  # in place of a file
MOST_PRINTED = 400  # characters of what the code printed
WRONG_CELL = re.compile(r"(?<!\w)\[-?(?:[\d.e+-]+|inf|nan)\](?= |$)", re.MULTILINE)  # as `check/matrices.py` marks it


def deliver(
    report: LayerReport, printed: str = "", json_path: str | None = None, html_path: str | None = None
) -> ExitStatus:
    """Print the verdict, then write the files; raises WriteError after all files that can be written are."""
    texts = {json_path: as_json(report.as_dict()), html_path: page(report)}
    if STDOUT in texts:
        print(texts[STDOUT], end="")
    else:
        print(painted(report.render()) if colours() else report.render())
        if printed:
            print(f"\n  the code printed, here once:\n    {printed[:MOST_PRINTED]}")
    errors = write(texts)
    if errors:
        raise errors[0]
    return ExitStatus.DONE if report.ok else ExitStatus.FAULT


def unable(message: str, json_path: str | None) -> UsageError:
    """The error to raise where there is no verdict; who asked for JSON gets an object that says so."""
    text = as_json({"ok": None, "error": message})
    if json_path == STDOUT:
        print(text, end="")
    return UsageError("; ".join([message, *map(str, write({json_path: text}))]))


def write(texts: Mapping[str | None, str]) -> list[WriteError]:
    """Write the texts whose path is a file; returns the errors of the files that could not be written."""
    from ..formats import WriteError, atomic

    errors = []
    for path, text in texts.items():
        if path and path != STDOUT:
            try:
                atomic.write_text(path, text)
            except WriteError as error:
                errors.append(error)
    return errors


def as_json(data: Any) -> str:
    return json.dumps(data, indent=2) + "\n"


def colours() -> bool:
    """Whether the terminal shows them and nobody has asked it not to (no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def painted(text: str) -> str:
    """Verdicts and wrong cells in colour."""
    text = re.sub(r"\bWRONG\b", "\033[1;31mWRONG\033[0m", text)
    text = re.sub(r"(?m)^(  )ok   ", "\\1\033[32mok\033[0m   ", text)
    text = re.sub(r"(?m): right$", ": \033[1;32mright\033[0m", text)
    return WRONG_CELL.sub("\033[31m\\g<0>\033[0m", text)


def page(report: LayerReport) -> str:
    """The report as one HTML file that needs nothing else, the explainer on each case that it can show included."""
    blocks, explained = [], []
    for finding in (*report.diagnoses, *report.unexplained, *report.notes):
        picture = WRONG_CELL.sub(r"<mark>\g<0></mark>", html.escape(finding.picture))
        blocks.append(
            f"<section><h2><code>{html.escape(finding.slug)}</code> in {html.escape(finding.argument)}</h2>"
            f"<p>{html.escape(finding.explanation)}</p>"
            + (f"<p>Fix: <code>{html.escape(finding.fix)}</code></p>" if finding.fix else "")
            + (f"<p>Smallest case that fails: {html.escape(finding.case)}</p>" if finding.case else "")
            + f"<pre>{picture}\n\n{html.escape(finding.formula)}</pre>"
        )
        if finding.example and finding.example not in explained:
            explained.append(finding.example)
            blocks.append(explanation(finding.example))
        blocks.append("</section>")
    stages = "".join(
        f"<li class={'ok' if s.passed else 'wrong'}>{html.escape(s.name)}: {html.escape(s.text)}</li>"
        for s in report.stages
    )
    remarks = "".join(f"<p><strong>{html.escape(remark)}</strong></p>" for remark in report.remarks)
    title = html.escape(report.title)
    tried = f"<p>Tried: {html.escape('; '.join(report.tried))}</p>"
    refused = f"<p>Refused, so not judged: {html.escape('; '.join(report.refused))}</p>" if report.refused else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><ul>{stages}</ul>{''.join(blocks)}{remarks}{tried}{refused}</html>\n"
    )


def explanation(example: Example) -> str:
    """The explainer, folded, on the cell that is wrong: it shows how a right one is made."""
    from .. import explain
    from ..explain.notebook import frame

    shown = explain.trace(example.op, **example.settings, **example.arrays)
    summary = f"<summary>How <code>{html.escape(example.cell)}</code> is made, in the explainer</summary>"
    return f"<details>{summary}{frame(shown, cell=example.cell, lazily=True)}</details>"


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;padding:1rem;overflow-x:auto}mark{background:#ffd6cc}"
    "summary{cursor:pointer;color:#0b5cad}iframe{margin-top:1rem}"
    "li.ok::marker{content:'\\2713  '}li.wrong::marker{content:'\\2717  '}li.wrong{color:#a30000}"
)
