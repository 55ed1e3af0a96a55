"""The command `rot180`: `program` runs a subcommand; `main` also turns each error into a message and an exit status.

Commands import the packages they need when they run, so that `rot180 --help` is quick.
"""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from . import bench, check, evaluate, explain, info, predict, report, summary, train, vectors
from .arguments import Parser, UsageError, with_dashes
from .exit_status import ExitStatus

_ABOUT = "Train, check and explain convolutional networks on NumPy arrays."
_EXAMPLES = """\
examples:
  rot180 train digits
  rot180 evaluate runs/digits-small
  rot180 check mine.py --op conv2d
  rot180 train --help

exit status:
  0 done, 1 a check found a fault, 2 wrong usage or bad input, 3 the run failed,
  130 interrupted"""


def program(argv: Sequence[str]) -> ExitStatus:
    """Run one command. Errors propagate to the caller."""
    try:
        args = make_parser().parse_args(with_dashes(argv))
        args.command_line = shlex.join(["rot180", *argv])
        status: ExitStatus = args.run(args)
    except SystemExit:  # argparse, after --help or --version
        _flush()
        raise
    _flush()
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (`ExitStatus`).

    Args:
        argv: the words after `rot180` (default: `sys.argv[1:]`).
    """
    words = sys.argv[1:] if argv is None else list(argv)
    _escape_stdout()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")  # Pillow warns about unusual metadata
            return int(program(words))
    except SystemExit as leave:  # argparse, after --help or --version
        return int(leave.code or 0)
    except BrokenPipeError:  # the program that reads the output has ended, e.g. `head`
        _silence(sys.stdout)
        return int(ExitStatus.FAILED)
    except (Exception, KeyboardInterrupt) as error:
        if "--traceback" in words:
            traceback.print_exc()
        if sys.stderr is not None:  # None if the caller closed it: print would then use stdout
            with suppress(OSError):  # if stderr fails, the message cannot be reported anywhere else
                print(f"rot180: {message_of(error)}", file=sys.stderr)
            _silence(sys.stderr)
        if isinstance(error, OSError):
            _silence(sys.stdout)
        return int(status_of(error))


def make_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(prog="rot180", description=_ABOUT, epilog=_EXAMPLES)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (train, evaluate, predict, report, summary, check, vectors, explain, bench, info):
        command.add(commands)
    return parser


class _Version(argparse.Action):
    """Print the version. It is read from the package metadata only when it is printed, because this is slow."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from rot180 import __version__

        print(f"rot180 {__version__}")
        parser.exit()


def status_of(error: BaseException) -> ExitStatus:
    """The exit status of an error."""
    if isinstance(error, UsageError):
        return ExitStatus.USAGE
    if isinstance(error, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    from ..data import DownloadError
    from ..formats import WriteError
    from ..train import DivergedError

    if isinstance(error, WriteError | DivergedError | DownloadError):
        return ExitStatus.FAILED
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError | PermissionError):
        return ExitStatus.USAGE
    # Rot180Error and ValueError are raised for bad input.
    return ExitStatus.USAGE if _is_ours(error) or isinstance(error, ValueError) else ExitStatus.FAILED


def message_of(error: BaseException) -> str:
    """The message of an error, on one line."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, MemoryError):
        return f"out of memory: {error}"
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    elif isinstance(error, UsageError | ValueError | OSError) or _is_ours(error):
        text = str(error)
    else:
        text = f"internal error: {type(error).__name__}: {error} (please report it with the output of --traceback)"
    return "; ".join(line.strip() for line in text.splitlines())


def _is_ours(error: BaseException) -> bool:
    from ..errors import Rot180Error

    return isinstance(error, Rot180Error)


def _escape_stdout() -> None:
    """Make stdout print characters it cannot encode as backslash escapes, like stderr, instead of raising an error."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Flush stdout, so that an error such as a full disk is raised here and not after `main` has returned."""
    if sys.stdout is not None:  # None if the caller closed it
        sys.stdout.flush()


def _silence(stream: TextIO | None) -> None:
    """Redirect a broken stream to the null device, so that Python's own flush at exit does not fail too."""
    with suppress(OSError, ValueError, AttributeError):
        stream.flush()  # type: ignore[union-attr]
        return
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]
