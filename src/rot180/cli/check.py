"""`rot180 check`: is this forward and backward right, and if not, which mistake is it?"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any

from . import verdict
from .arguments import Commands, UsageError, add_command, amount, ints, rate, whole, words
from .status import ExitStatus

SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {  # how each is read, and its shape in the help
    **dict.fromkeys(("stride", "padding", "dilation", "groups", "output_padding"), (ints, "N[,N]")),
    **dict.fromkeys(("kernel_size", "normalized_shape"), (ints, "N[,N]")),
    "eps": (amount, "X"), "negative_slope": (float, "X"), "reduction": (str, "mean|sum"),
}  # fmt: skip
OPTIONS = ("op", "layout", "convention", "seed", "forward_arguments", "backward_arguments", "returns")
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
    for name, (kind, metavar) in SETTINGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help="fixed; else varied")
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
    parser.add_argument("--html", metavar="FILE", help="the report as a page; - likewise")


def run(args: argparse.Namespace) -> ExitStatus:
    """Check in a child process, and print or write the report."""
    from ..check.child import CouldNotCheckError, check_file

    if args.json == args.html == "-":
        raise UsageError("check: --json and --html cannot both be -, standard output; name a file for one of them")
    given = {name: getattr(args, name) for name in (*SETTINGS, *OPTIONS)}
    options = {name: value for name, value in given.items() if value is not None}
    try:
        path, names = target(args.target)
        report, printed = check_file(path, names, options, args.timeout)
    except (CouldNotCheckError, UsageError) as error:
        raise verdict.unable(str(error), args.json) from None
    return verdict.deliver(report, printed, args.json, args.html)


def target(text: str) -> tuple[str, tuple[str, str] | None]:
    """`FILE.py:FORWARD,BACKWARD` taken apart; a colon in the path is part of it."""
    path, colon, names = text.rpartition(":")
    if not colon or names.endswith(".py") or "/" in names or "\\" in names:
        return text, None
    parts = [name.strip() for name in names.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(r"[A-Za-z_][\w.]*", name) for name in parts):
        raise UsageError(f"check: two names are needed after the colon, as in {path}:forward,backward; got {names!r}")
    return path, (parts[0], parts[1])
