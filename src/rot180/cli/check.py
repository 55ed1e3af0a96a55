"""`rot180 check`: is this forward and backward right, and if not, which mistake is it?"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import Commands, UsageError, add_command, rate, whole
from .status import ExitStatus

if TYPE_CHECKING:
    from ..check import LayerReport

SETTINGS = ("stride", "padding", "dilation", "groups", "output_padding", "kernel_size")
WRONG_CELL = re.compile(r"(?<!\w)\[-?(?:[\d.e+-]+|inf|nan)\](?= |$)", re.MULTILINE)  # as `check/matrices.py` marks it
EXAMPLE = (
    "rot180 check mine.py --op conv2d\n"
    "  rot180 check mine.py:conv_forward,conv_backward --op conv2d --stride 2 --padding 1\n"
    "  rot180 check layer.py:Layer.forward,Layer.backward --op conv_transpose2d --layout hw --html report.html"
)


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "check a forward and a backward of your own, and say which mistake it is"
    parser = add_command(commands, "check", run, about, EXAMPLE)
    parser.add_argument(
        "target", metavar="FILE.py[:FORWARD,BACKWARD]", help="which functions; found by name if one pair"
    )
    parser.add_argument("--op", default="conv2d", help="the operation they should be; default: %(default)s")
    for name in SETTINGS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=ints, metavar="N[,N]", help="fixed; else varied")
    parser.add_argument(
        "--layout", default="channels_first", help="channels_first, channels_last or hw; default: the first"
    )
    parser.add_argument("--convention", default="correlation", choices=("correlation", "convolution"))
    parser.add_argument("--forward-arguments", type=words, metavar="NAMES", help="what they take in order: x,w,b")
    parser.add_argument("--backward-arguments", type=words, metavar="NAMES", help="dy,x,w,b, say, or dy,cache")
    parser.add_argument("--returns", type=words, metavar="NAMES", help="the gradients it returns in order: x,w,b")
    parser.add_argument("--seed", type=whole, default=0, help="of the numbers; default: 0")
    parser.add_argument("--timeout", type=rate, default=60.0, metavar="SECONDS", help="default: 60")
    parser.add_argument("--json", metavar="FILE", help="the report as JSON; - for standard output, instead of the text")
    parser.add_argument("--html", metavar="FILE", help="the report as a page")


def run(args: argparse.Namespace) -> ExitStatus:
    """Check in a child process, and print or write the report."""
    from ..check.child import CouldNotCheckError, check_file

    path, names = target(args.target)
    options: dict[str, Any] = {name: getattr(args, name) for name in SETTINGS if getattr(args, name) is not None}
    options |= {"op": args.op, "layout": args.layout, "convention": args.convention, "seed": args.seed}
    for name in ("forward_arguments", "backward_arguments", "returns"):
        if getattr(args, name):
            options[name] = getattr(args, name)
    try:
        report, printed = check_file(path, names, options, args.timeout)
    except CouldNotCheckError as error:
        raise UsageError(str(error)) from None
    if args.html:
        write(args.html, page(report))
    if args.json and args.json != "-":
        write(args.json, json.dumps(report.as_dict(), indent=2) + "\n")
    if args.json == "-":
        print(json.dumps(report.as_dict(), indent=2))
    else:
        print(painted(report.render()) if colours() else report.render())
        if printed:
            print(f"\n  the code printed, here once:\n    {printed.strip()[:400]}")
    return ExitStatus.DONE if report.ok else ExitStatus.FAULT


def target(text: str) -> tuple[str, tuple[str, str] | None]:
    """`FILE.py:FORWARD,BACKWARD` taken apart; a colon in the path is part of it."""
    path, colon, names = text.rpartition(":")
    if not colon or names.endswith(".py") or "/" in names or "\\" in names:
        return text, None
    parts = [name.strip() for name in names.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(r"[A-Za-z_][\w.]*", name) for name in parts):
        raise UsageError(f"check: two names are needed after the colon, as in {path}:forward,backward; got {names!r}")
    return path, (parts[0], parts[1])


def ints(text: str) -> int | tuple[int, ...]:
    """An int, or one per axis."""
    numbers = text.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"a number, or one per axis as 2,1, is needed; got {text!r}")
    return int(text) if len(numbers) == 1 else tuple(map(int, numbers))


def words(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(word.strip() for word in text.split(","))


def write(path: str, text: str) -> None:
    """A file, whole or not at all."""
    from ..formats import atomic

    atomic.write_text(Path(path), text)


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
    """The report as one HTML file that needs nothing else."""
    blocks = []
    for finding in (*report.diagnoses, *report.unexplained, *report.notes):
        picture = WRONG_CELL.sub(r"<mark>\g<0></mark>", html.escape(finding.picture))
        blocks.append(
            f"<section><h2><code>{html.escape(finding.slug)}</code> in {html.escape(finding.argument)}</h2>"
            f"<p>{html.escape(finding.explanation)}</p>"
            + (f"<p>Mend: <code>{html.escape(finding.mend)}</code></p>" if finding.mend else "")
            + (f"<p>Smallest case that fails: {html.escape(finding.case)}</p>" if finding.case else "")
            + f"<pre>{picture}\n\n{html.escape(finding.formula)}</pre></section>"
        )
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


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;padding:1rem;overflow-x:auto}mark{background:#ffd6cc}"
    "li.ok::marker{content:'\\2713  '}li.wrong::marker{content:'\\2717  '}li.wrong{color:#a30000}"
)
