"""`rot180 vectors`: write test vectors for a layer in another language, and check its answers."""

from __future__ import annotations

import argparse
from typing import Any

from . import check_report
from .arguments import Commands, UsageError, add_command, names, non_negative_int, option_of
from .exit_status import ExitStatus
from .output import STDOUT

ABOUT = """\
write test vectors for a layer in another language, or check its answers

`export` writes test cases with inputs and correct results into a folder. Your program
writes its answers into the folder of each case. `verify` generates the same cases
again, compares the answers with the correct results, and names the mistake if they
differ.
docs/vectors.md describes the files, and how to grade with them.
"""
EXAMPLES = (
    "rot180 vectors export cases --op conv_transpose2d",
    "rot180 vectors verify cases",
    "rot180 vectors verify cases --only y        (the program has no backward)",
    "rot180 vectors verify cases --op conv2d --set standard --seed 8153        (to grade)",
)
SHARED_DEFAULTS: dict[str, Any] = {"op": None, "set": None, "seed": None}
EXPORT_DEFAULTS: dict[str, Any] = {"without_results": False}
VERIFY_DEFAULTS: dict[str, Any] = {"only": None, "allow_missing": False, "json": False}


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "vectors", run, ABOUT, EXAMPLES)
    parser.add_argument("action", choices=("export", "verify"), help="write test cases, or check the answers to them")
    parser.add_argument("folder", metavar="DIR", help="folder of the cases; for export it must be empty or new")
    shared = parser.add_argument_group(
        "the cases", "With verify, the folder's index must contain the given values (default: any values)."
    )
    shared.add_argument("--op", metavar="NAME", help="operation, e.g. conv_transpose2d or linear (default: conv2d)")
    shared.add_argument(
        "--set", choices=("tiny", "standard", "exhaustive"), help="number and size of the cases (default: standard)"
    )
    shared.add_argument("--seed", type=non_negative_int, metavar="N", help="seed of the random arrays (default: 0)")
    export = parser.add_argument_group("options of export")
    export.add_argument(
        "--without-results",
        action="store_const",
        const=True,
        help="do not write the correct results (default: write them)",
    )
    verify = parser.add_argument_group("options of verify")
    verify.add_argument(
        "--only", type=names, metavar="NAMES", help="check only these results, e.g. y or y,db (default: y,dx,dw,db)"
    )
    verify.add_argument(
        "--allow-missing",
        action="store_const",
        const=True,
        help="accept cases without an answer (default: a missing answer counts as wrong)",
    )
    verify.add_argument("--json", action="store_const", const=True, help="print the report as JSON")


def run(args: argparse.Namespace) -> ExitStatus:
    """Export, or verify and print the report."""
    if args.action == "export":
        return _export(args.folder, **_options(args, EXPORT_DEFAULTS, VERIFY_DEFAULTS))
    try:
        options = _options(args, VERIFY_DEFAULTS, EXPORT_DEFAULTS)
    except UsageError as error:
        raise check_report.not_checked(str(error), STDOUT if args.json else None) from None
    return _verify(args.folder, **options)


def _options(args: argparse.Namespace, own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the action's own options; raise UsageError for options of the other action."""
    for name in other:
        if getattr(args, name) is not None:
            raise UsageError(f"vectors {args.action} has no option {option_of(name)}")
    defaults = {**SHARED_DEFAULTS, **own}
    return {name: default if getattr(args, name) is None else getattr(args, name) for name, default in defaults.items()}


def _export(folder: str, op: str | None, set: str | None, seed: int | None, without_results: bool) -> ExitStatus:
    from ..check import operations, vectors

    op = op or "conv2d"
    try:
        operations.find(op)
    except ValueError as error:
        raise UsageError(f"vectors: {str(error).removeprefix('check.layer: ')}") from None
    cases = vectors.export(folder, op, set or "standard", seed or 0, results=not without_results)
    print(f"wrote {len(cases)} cases of {op} to {folder}; check the answers with: rot180 vectors verify {folder}")
    return ExitStatus.DONE


def _verify(
    folder: str,
    op: str | None,
    set: str | None,
    seed: int | None,
    only: tuple[str, ...] | None,
    allow_missing: bool,
    json: bool,
) -> ExitStatus:
    from ..check import vectors
    from ..errors import Rot180Error

    json_path = STDOUT if json else None
    try:
        report = vectors.verify(folder, only, op=op, which=set, seed=seed, allow_missing=allow_missing)
    except (Rot180Error, ValueError, OSError) as error:
        message = str(error).replace("check.layer: ", "vectors: ", 1)
        raise check_report.not_checked(message, json_path) from None
    return check_report.deliver(report, json_path=json_path)
