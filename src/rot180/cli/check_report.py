"""Print and write the report of a check: text with colours, JSON, an HTML page; or the reason why there is none.

Who may import it: the commands. Deliberately absent: the check itself (check/).
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
from .exit_status import ExitStatus
from .output import STDOUT

if TYPE_CHECKING:
    from ..check import LayerReport
    from ..check.report import Example
    from ..formats import WriteError

MAX_PRINTED = 400  # characters of the output of the user's code
# A wrong cell as `check/rendering/matrices.py` marks it: [-3], but not the index in dx[0].
WRONG_CELL = re.compile(r"(?<!\w)\[-?(?:[\d.e+-]+|inf|nan)\](?= |$)", re.MULTILINE)


def deliver(
    report: LayerReport, printed: str = "", json_path: str | None = None, html_path: str | None = None
) -> ExitStatus:
    """Print the report, then write the files; raises WriteError after writing the files that can be written."""
    texts = {json_path: as_json(report.as_dict()), html_path: page(report)}
    if STDOUT in texts:
        print(texts[STDOUT], end="")
    else:
        print(coloured(report.render()) if has_colours() else report.render())
        if printed:
            print(f"\n  the code printed (shown once):\n    {printed[:MAX_PRINTED]}")
    errors = write(texts)
    if errors:
        raise errors[0]
    return ExitStatus.DONE if report.ok else ExitStatus.FAULT


def not_checked(message: str, json_path: str | None) -> UsageError:
    """The error to raise if the code could not be checked; if JSON was requested, the error is written as JSON."""
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
    """Indented JSON with a line end."""
    return json.dumps(data, indent=2) + "\n"


def has_colours() -> bool:
    """True if stdout is a terminal with colours and they are not switched off (no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def coloured(text: str) -> str:
    """The text with verdicts and wrong cells in colour."""
    text = re.sub(r"\bWRONG\b", "\033[1;31mWRONG\033[0m", text)
    text = re.sub(r"(?m)^(  )ok   ", "\\1\033[32mok\033[0m   ", text)
    text = re.sub(r"(?m): right$", ": \033[1;32mright\033[0m", text)
    return WRONG_CELL.sub("\033[31m\\g<0>\033[0m", text)


def page(report: LayerReport) -> str:
    """The report as one self-contained HTML file, with the explainer of each case that it can show."""
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
    """The explainer, folded, opened at the wrong cell: it shows how the right value is computed."""
    from .. import explain
    from ..explain.notebook import frame

    trace = explain.trace(example.op, **example.settings, **example.arrays)
    summary = f"<summary>How <code>{html.escape(example.cell)}</code> is computed (explainer)</summary>"
    return f"<details>{summary}{frame(trace, cell=example.cell, lazy=True)}</details>"


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;padding:1rem;overflow-x:auto}mark{background:#ffd6cc}"
    "summary{cursor:pointer;color:#0b5cad}iframe{margin-top:1rem}"
    "li.ok::marker{content:'\\2713  '}li.wrong::marker{content:'\\2717  '}li.wrong{color:#a30000}"
)
