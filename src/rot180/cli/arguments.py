"""The parser that all commands share: one line for an error, names with dashes or underscores, kinds of values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

LONGEST = 24  # characters of a name in a table
Commands = Any  # what add_subparsers returns; argparse keeps the class to itself


class UsageError(Exception):
    """The command line makes no sense; the message is one line."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of printing and leaving."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)
        self.add_argument("--traceback", action="store_true", help="after an error, show where it arose")

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")

    def print_help(self, file: Any = None) -> None:
        """As argparse does, but a full disk or a closed pipe is not passed over."""
        print(self.format_help(), end="", file=file)


def add_command(commands: Commands, name: str, run: Callable[..., Any], about: str, example: str) -> Parser:
    """A command: `about` is its first line of help, `example` ends it."""
    parser: Parser = commands.add_parser(name, help=about, description=about, epilog=f"example:\n  {example}")
    parser.set_defaults(run=run)
    return parser


def with_dashes(words: Sequence[str]) -> list[str]:
    """--batch_size becomes --batch-size; values, and all that follows a --, stay as they are."""
    words = list(words)
    end = words.index("--") if "--" in words else len(words)
    for i, word in enumerate(words[:end]):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            words[i] = name.replace("_", "-") + equals + value
    return words


def count(text: str) -> int:
    """An int of at least 1."""
    return _integer(text, 1)


def whole(text: str) -> int:
    """An int of at least 0."""
    return _integer(text, 0)


def rate(text: str) -> float:
    """A positive finite number."""
    return _number(text, "a positive number", lambda value: 0 < value < math.inf)


def amount(text: str) -> float:
    """A finite number of at least 0."""
    return _number(text, "a number of at least 0", lambda value: 0 <= value < math.inf)


def share(text: str) -> float:
    """A number of at least 0 and below 1."""
    return _number(text, "a share, at least 0 and below 1,", lambda value: 0 <= value < 1)


def part(text: str) -> float:
    """A number above 0 and below 1."""
    return _number(text, "a share, above 0 and below 1,", lambda value: 0 < value < 1)


def sides(text: str) -> tuple[int, int]:
    """A side, as 32, or height and width, as 32x48."""
    numbers = text.lower().split("x")
    if len(numbers) > 2 or not all(number.isdecimal() and int(number) >= 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"a side, as 32, or height and width, as 32x48, is needed; got {text!r}")
    return int(numbers[0]), int(numbers[-1])


def shape(text: str) -> tuple[int, int, int]:
    """Channels, height and width, as 3x32x32."""
    numbers = text.lower().split("x")
    if len(numbers) != 3 or not all(number.isdecimal() and int(number) >= 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"channels, height and width, as 3x32x32, are needed; got {text!r}")
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def ints(text: str) -> int | tuple[int, ...]:
    """An int, or one per axis."""
    numbers = text.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"a number, or one per axis as 2,1, is needed; got {text!r}")
    return int(text) if len(numbers) == 1 else tuple(map(int, numbers))


def words(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(word.strip() for word in text.split(","))


def short(name: str) -> str:
    """A name for a table: on one line, and without its middle if it is long."""
    shown = one_line(name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 9]}…{shown[-8:]}"


def one_line(name: str) -> str:
    """A file's or a class's name as it is printed: control characters, a line's end among them, as escapes."""
    return "".join(c if c.isprintable() or 0xDC80 <= ord(c) <= 0xDCFF else repr(c)[1:-1] for c in name)


def _number(text: str, what: str, fits: Callable[[float], bool]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not fits(value):
        raise argparse.ArgumentTypeError(f"{what} is needed; got {text!r}")
    return value


def _integer(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"an integer of at least {least} is needed; got {text!r}")
    return value
