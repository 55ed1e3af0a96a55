"""The output of commands: options that name a file to write, and names printed on one line."""

from __future__ import annotations

from pathlib import Path

from .arguments import Group, UsageError

MAX_WIDTH = 24  # a longer name is shortened to this many characters in a table
STDOUT = "-"  # a file name that means standard output


def add_output_file(group: Group, option: str, content: str) -> None:
    """Add an option that names a file to write `content` to."""
    group.add_argument(option, metavar="FILE", help=f"write {content} to FILE")


def require_writable(option: str, path: str | Path | None) -> None:
    """Raise UsageError if `path` cannot be a file: its folder does not exist, or `path` itself is a folder.

    Commands call this before they begin. If writing fails later, for example because the disk is full, WriteError is
    raised.
    """
    if path is None or path == STDOUT:
        return
    file = Path(path).absolute()
    if file.is_dir():
        raise UsageError(f"{option}: {path} is a folder; name a file")
    if not file.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {file.parent}")


def one_line(name: str) -> str:
    """A name on one line: control characters, including line ends, become escape sequences."""
    return "".join(c if c.isprintable() or 0xDC80 <= ord(c) <= 0xDCFF else repr(c)[1:-1] for c in name)


def shortened(name: str) -> str:
    """A name for a table, on one line; an ellipsis replaces the middle of a long name."""
    line = one_line(name)
    return line if len(line) <= MAX_WIDTH else f"{line[: MAX_WIDTH - 9]}…{line[-8:]}"


def say(line: str) -> None:
    """Print a line and flush, so that a pipe or a log file gets it immediately."""
    print(line, flush=True)
