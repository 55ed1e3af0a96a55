"""`rot180 check`: check a forward and a backward, and name the mistake if they are wrong."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from . import check_grades, check_report
from .arguments import (
    Commands,
    UsageError,
    add_command,
    int_per_axis,
    names,
    non_negative_int,
    non_negative_number,
    option_of,
    positive_int,
    positive_number,
)
from .exit_status import ExitStatus
from .option_names import in_options, report_in_options
from .output import STDOUT, require_writable

SETTINGS: dict[str, tuple[Callable[[str], Any], str, str]] = {  # maps each option to its type, metavar and help
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

The functions run on many small test cases. The command compares their results and
gradients with the correct ones. If they differ, it names the mistake, for example a
transposed gradient, a missing mask or a wrong padding.

The functions run in a separate process, with your user's permissions. NAMES is
FORWARD,BACKWARD, the name of a class, or the name of a loss that returns (loss, dx).
NAMES may be omitted if the file has only one forward and backward, or only one whose
names match the operation.

If you pass several files or a folder, the files are graded in parallel and one line
is printed for each. By default, code that is graded cannot import deep learning
packages (see --forbid and docs/grading.md).
"""
EXIT_STATUS = """

exit status:
  0 every layer is right, 1 a layer is wrong, 2 a layer could not be checked or the
  usage is wrong (2 takes precedence over 1), 3 a report could not be written"""
EXAMPLES = (
    "rot180 check mine.py --op conv2d",
    "rot180 check mine.py:conv_forward,conv_backward --op conv2d --stride 2 --padding 1",
    "rot180 check layer.py:Conv2D --op conv2d --html report.html",
    "rot180 check submissions/*.py --op conv2d --csv grades.csv",
)


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "check", run, ABOUT, EXAMPLES)
    parser.epilog = f"{parser.epilog}{EXIT_STATUS}"
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="FILE.py[:NAMES]",
        help="Python file, optionally with the names of its functions; or a folder of Python files",
    )
    parser.add_argument(
        "--op",
        default="conv2d",
        metavar="NAME",
        help="operation that the functions compute, e.g. relu (default: %(default)s)",
    )
    settings = parser.add_argument_group(
        "settings of the operation", "Each option fixes one setting (default: several values are tried)."
    )
    for name, (kind, metavar, about) in SETTINGS.items():
        settings.add_argument(option_of(name), type=kind, metavar=metavar, help=about)
    calls = parser.add_argument_group("how the functions are called")
    calls.add_argument(
        "--layout", default="channels_first", metavar="NAME",
        help="layout of the arrays: channels_first, channels_last, or hw for single matrices (default: %(default)s)",
    )  # fmt: skip
    calls.add_argument(
        "--convention", default="correlation", choices=("correlation", "convolution"),
        help="set to convolution if your layer rotates its kernel (default: %(default)s)",
    )  # fmt: skip
    calls.add_argument(
        "--forward-arguments", type=names, metavar="NAMES",
        help="meaning of each parameter of the forward, in order, e.g. x,w,b (default: inferred from their names)",
    )  # fmt: skip
    calls.add_argument(
        "--backward-arguments", type=names, metavar="NAMES",
        help="meaning of each parameter of the backward, in order, e.g. dy,cache (default: inferred from their names)",
    )  # fmt: skip
    calls.add_argument(
        "--returns", type=names, metavar="NAMES",
        help="inputs whose gradients the backward returns, in order, e.g. x,w,b",
    )  # fmt: skip
    calls.add_argument(
        "--seed", type=non_negative_int, metavar="N",
        help="seed of the random test cases (default: 0; for several files a random seed, so that the graded code "
        "cannot contain the answers)",
    )  # fmt: skip
    calls.add_argument(
        "--timeout", type=positive_number, default=60.0, metavar="SECONDS",
        help="stop the check of a file after this many seconds (default: 60)",
    )  # fmt: skip
    calls.add_argument(
        "--forbid", type=names, metavar="NAMES",
        help="packages that the code may not import; the word none allows all (default for several files: rot180, "
        "torch, jax, tensorflow and similar packages; default for one file: none)",
    )  # fmt: skip
    calls.add_argument(
        "--jobs", type=positive_int, metavar="N", help="files to check at the same time (default: number of cores)"
    )
    output = parser.add_argument_group("output")
    for option, content in (
        ("--json", "the report as JSON"),
        ("--html", "the report of one file as an HTML page"),
        ("--csv", "a table with a row for each file"),
    ):
        output.add_argument(option, metavar="FILE", help=f"write {content} to FILE, or to stdout if FILE is -")


def run(args: argparse.Namespace) -> ExitStatus:
    """Check one file and print its report, or grade several files."""
    outputs = {option: getattr(args, option) for option in ("json", "html", "csv") if getattr(args, option)}
    require_different(outputs)
    for option, path in outputs.items():
        require_writable(option_of(option), path)
    options = {name: getattr(args, name) for name in (*SETTINGS, *OPTIONS)}
    options = {name: value for name, value in options.items() if value is not None}
    from ..check.process.failure import CouldNotCheckError

    try:
        _check_options(args)
        targets = [parse_target(target) for target in args.targets]
        if len(targets) > 1 or args.csv or os.path.isdir(targets[0][0]):
            return check_grades.run(args, options, targets)
        return _check_one(args, options, *targets[0])
    except (CouldNotCheckError, UsageError) as error:
        raise check_report.not_checked(in_options(str(error)), args.json) from None


def _check_one(
    args: argparse.Namespace, options: Mapping[str, Any], path: str, functions: tuple[str, ...] | None
) -> ExitStatus:
    """Check one file in another process, then print and write the report."""
    from ..check.process.file_check import check_file

    verdict = check_file(path, functions, options, check_grades.limits_of(args, grading=False))
    return check_report.deliver(report_in_options(verdict.report), verdict.printed, args.json, args.html)


def require_different(outputs: Mapping[str, str]) -> None:
    """Raise UsageError if two options name the same file."""
    places: dict[str, str] = {}
    for option, path in outputs.items():
        place = path if path == STDOUT else os.path.realpath(path)
        if place in places:
            both = f"{option_of(places[place])} and {option_of(option)}"
            name = "- (standard output)" if path == STDOUT else path
            raise UsageError(f"{both} cannot both be {name}; name a file for one of them")
        places[place] = option


def _check_options(args: argparse.Namespace) -> None:
    """Raise UsageError for an invalid operation, layout or setting."""
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


def parse_target(text: str) -> tuple[str, tuple[str, ...] | None]:
    """Split `FILE.py:NAMES` into the path and the names; a colon may be part of the path."""
    path, colon, functions = text.rpartition(":")
    if not colon or functions.endswith(".py") or "/" in functions or "\\" in functions:
        return text, None
    parts = [name.strip() for name in functions.split(",")]
    if len(parts) > 2 or not all(re.fullmatch(r"[A-Za-z_][\w.]*", name) for name in parts):
        raise UsageError(
            f"FILE.py:NAMES needs one or two names after the colon, e.g. {path}:forward,backward or {path}:Layer; "
            f"got {functions!r}"
        )
    return path, tuple(parts)
