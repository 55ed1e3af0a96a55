"""`rot180 check`: test whether a forward and a backward are right and, if not, name the mistake."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any

from . import check_report
from .arguments import (
    Commands,
    UsageError,
    add_command,
    add_seed,
    int_per_axis,
    names,
    non_negative_number,
    option_of,
    positive_number,
)
from .exit_status import ExitStatus
from .output import STDOUT, require_writable

SETTINGS: dict[str, tuple[Callable[[str], Any], str, str]] = {  # type, metavar and help of each option
    "stride": (int_per_axis, "N[,N]", "stride"),
    "padding": (int_per_axis, "N[,N]", "padding"),
    "dilation": (int_per_axis, "N[,N]", "dilation"),
    "groups": (int_per_axis, "N", "number of groups"),
    "output_padding": (int_per_axis, "N[,N]", "output padding of a transposed convolution"),
    "kernel_size": (int_per_axis, "N[,N]", "kernel size"),
    "normalized_shape": (int_per_axis, "N[,N]", "normalized shape of a layer norm"),
    "eps": (non_negative_number, "X", "epsilon of a norm"),
    "negative_slope": (float, "X", "slope of leaky_relu below zero"),
    "reduction": (str, "mean|sum", "reduction of a loss"),
}
OPTIONS = ("op", "layout", "convention", "seed", "forward_arguments", "backward_arguments", "returns")
ABOUT = """\
test a forward and a backward of your own, and name the mistake

The functions are called on many small problems, and their results and gradients are
compared with the right ones. If they differ, the report names the mistake, for
example a transposed gradient, a missing mask or a wrong padding.

FILE.py is imported, so it runs with your rights. If the file has only one pair of
functions named ...forward and ...backward, you may omit their names.
"""
EXAMPLES = (
    "rot180 check mine.py --op conv2d",
    "rot180 check mine.py:conv_forward,conv_backward --op conv2d --stride 2 --padding 1",
    "rot180 check layer.py:Layer.forward,Layer.backward --op conv_transpose2d --layout hw --html report.html",
)


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "check", run, ABOUT, EXAMPLES)
    parser.add_argument("target", metavar="FILE.py[:FORWARD,BACKWARD]", help="file, and names of the functions")
    parser.add_argument(
        "--op",
        default="conv2d",
        metavar="NAME",
        help="operation that the functions compute, e.g. relu (default: %(default)s)",
    )
    settings = parser.add_argument_group(
        "settings of the operation", "An option fixes a setting. By default several values are tried."
    )
    for name, (kind, metavar, about) in SETTINGS.items():
        settings.add_argument(option_of(name), type=kind, metavar=metavar, help=about)
    calls = parser.add_argument_group("how the functions are called")
    calls.add_argument(
        "--layout", default="channels_first", metavar="NAME",
        help="layout of the arrays: channels_first, channels_last or hw (default: %(default)s)",
    )  # fmt: skip
    calls.add_argument(
        "--convention", default="correlation", choices=("correlation", "convolution"),
        help="set to convolution if your layer rotates its kernel (default: %(default)s)",
    )  # fmt: skip
    calls.add_argument("--forward-arguments", type=names, metavar="NAMES", help="parameters of the forward, e.g. x,w,b")
    calls.add_argument(
        "--backward-arguments", type=names, metavar="NAMES", help="parameters of the backward, e.g. dy,cache"
    )
    calls.add_argument("--returns", type=names, metavar="NAMES", help="gradients that the backward returns, e.g. x,w,b")
    add_seed(calls)
    calls.add_argument(
        "--timeout", type=positive_number, default=60.0, metavar="SECONDS", help="stop after this time (default: 60)"
    )
    output = parser.add_argument_group("output")
    for option, content in (("--json", "the report as JSON"), ("--html", "the report as an HTML page")):
        output.add_argument(option, metavar="FILE", help=f"write {content} to FILE; - prints it instead of the text")


def run(args: argparse.Namespace) -> ExitStatus:
    """Check in a child process, then print and write the report."""
    from ..check.process.failure import CouldNotCheckError
    from ..check.process.file_check import check_file
    from ..check.process.program import Limits

    if args.json == args.html == STDOUT:
        raise UsageError("--json and --html cannot both be - (standard output); name a file for one of them")
    require_writable("--json", args.json)
    require_writable("--html", args.html)
    options = {name: getattr(args, name) for name in (*SETTINGS, *OPTIONS)}
    options = {name: value for name, value in options.items() if value is not None}
    try:
        _check_options(args)
        path, functions = parse_target(args.target)
        verdict = check_file(path, functions, options, Limits(args.timeout))
    except (CouldNotCheckError, UsageError) as error:
        raise check_report.not_checked(str(error), args.json) from None
    return check_report.deliver(verdict.report, verdict.printed, args.json, args.html)


def _check_options(args: argparse.Namespace) -> None:
    """Raise UsageError for an operation, a layout or settings that are wrong, before the file is imported."""
    from ..check import operations
    from ..check.adapter import layouts
    from ..check.operations import settings

    given = {name: getattr(args, name) for name in SETTINGS if getattr(args, name) is not None}
    try:
        definition = operations.find(args.op)
        layouts.find(args.layout, definition)
        settings.validate(definition, given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"check: {str(error).removeprefix('check.layer: ')}") from None


def parse_target(text: str) -> tuple[str, tuple[str, str] | None]:
    """Split `FILE.py:FORWARD,BACKWARD` into the path and the names; a colon may be part of the path."""
    path, colon, functions = text.rpartition(":")
    if not colon or functions.endswith(".py") or "/" in functions or "\\" in functions:
        return text, None
    parts = [name.strip() for name in functions.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(r"[A-Za-z_][\w.]*", name) for name in parts):
        raise UsageError(
            f"FILE.py:FORWARD,BACKWARD needs two names after the colon, e.g. {path}:forward,backward; got {functions!r}"
        )
    return path, (parts[0], parts[1])
