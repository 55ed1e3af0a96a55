"""`rot180 vectors`: cases for a layer in another language, and the verdict on its answers."""

from __future__ import annotations

import argparse

from . import verdict
from .arguments import Commands, add_command, whole, words
from .status import ExitStatus

EXAMPLE = (
    "rot180 vectors export cases --op conv_transpose2d\n"
    "  ./my_program cases        (writes its answers beside each case: docs/vectors.md)\n"
    "  rot180 vectors verify cases\n"
    "  rot180 vectors verify cases --only y        (a program without a backward)"
)


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "write test vectors for a layer in another language, or judge what it answered"
    parser = add_command(commands, "vectors", run, about, EXAMPLE)
    parser.add_argument("what", choices=("export", "verify"))
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--op", default="conv2d", help="to export; default: %(default)s")
    parser.add_argument("--set", choices=("tiny", "standard", "exhaustive"), default="standard", help="to export")
    parser.add_argument("--seed", type=whole, default=0, help="of the numbers to export; default: 0")
    parser.add_argument("--only", type=words, metavar="NAMES", help="to verify: y, or y,db, say; default: y,dx,dw,db")
    parser.add_argument("--json", action="store_true", help="of a verdict: print it as JSON")


def run(args: argparse.Namespace) -> ExitStatus:
    """Export, or verify and print the report."""
    from ..check import vectors
    from ..errors import Rot180Error

    if args.what == "export":
        names = vectors.export(args.folder, args.op, args.set, args.seed)
        print(f"{len(names)} cases of {args.op} in {args.folder}; then: rot180 vectors verify {args.folder}")
        return ExitStatus.DONE
    json_path = verdict.STDOUT if args.json else None
    try:
        report = vectors.verify(args.folder, args.only)
    except (Rot180Error, ValueError, OSError) as error:
        raise verdict.unable(str(error), json_path) from None
    return verdict.deliver(report, json_path=json_path)
