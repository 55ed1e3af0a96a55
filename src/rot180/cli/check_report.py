"""Print and write the report of a check as coloured text, JSON or HTML, or the error if the check could not run.

The check itself is in check/.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import UsageError
from .exit_status import ExitStatus
from .output import STDOUT

if TYPE_CHECKING:
    from ..check import LayerReport
    from ..formats import WriteError

MAX_PRINTED = 400  # the number of characters of the user's output that are shown


def deliver(
    report: LayerReport, printed: str = "", json_path: str | None = None, html_path: str | None = None
) -> ExitStatus:
    """Print the report, then write the files. If a file cannot be written, raise WriteError after writing the
    others.
    """
    from ..check.rendering.page import page

    texts = {}
    if json_path:
        texts[json_path] = as_json(report.as_dict())
    if html_path:
        texts[html_path] = page(report)
    if STDOUT in texts:
        print(texts[STDOUT], end="")
    else:
        print(coloured(report.render()) if has_colours() else report.render())
        if printed:
            print(f"\n  the code printed (shown once):\n{textwrap.indent(printed[:MAX_PRINTED], '    ')}")
    errors = write(texts)
    if errors:
        raise errors[0]
    return ExitStatus.DONE if report.ok else ExitStatus.FAULT


def not_checked(message: str, json_path: str | None) -> UsageError:
    """Return the error to raise if the code could not be checked. If JSON was requested, also write the error as
    JSON.
    """
    text = as_json({"ok": None, "error": message})
    if json_path == STDOUT:
        print(text, end="")
    return UsageError("; ".join([message, *map(str, write({json_path: text} if json_path else {}))]))


def write(texts: Mapping[str, str]) -> list[WriteError]:
    """Write each text to its path, except the one for stdout. Returns the errors of files that cannot be written."""
    from ..formats import WriteError, atomic

    errors = []
    for path, text in texts.items():
        if path != STDOUT:
            try:
                atomic.write_text(path, text)
            except WriteError as error:
                errors.append(error)
    return errors


def as_json(data: Any) -> str:
    """Indented JSON that ends with a newline."""
    return json.dumps(data, indent=2) + "\n"


def has_colours() -> bool:
    """True if stdout is a terminal with colours and they are not switched off (no-color.org)."""
    if sys.stdout is None:  # the program that started this one has closed stdout
        return False
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def coloured(text: str) -> str:
    """Colour the verdicts and the wrong cells of the text."""
    from ..check.rendering.page import WRONG_CELL

    text = re.sub(r"\bWRONG\b", "\033[1;31mWRONG\033[0m", text)
    text = re.sub(r"(?m)^right ", "\033[1;32mright\033[0m ", text)
    text = re.sub(r"(?m)^(  )ok   ", "\\1\033[32mok\033[0m   ", text)
    text = re.sub(r"(?m): right$", ": \033[1;32mright\033[0m", text)
    return WRONG_CELL.sub("\033[31m\\g<0>\033[0m", text)
