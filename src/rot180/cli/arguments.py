"""The parser that all commands share, and the types of their arguments.

Error messages are one line. Option names accept dashes or underscores. For a misspelt name, the error suggests one.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

Commands = Any  # the class that add_subparsers returns is private to argparse
Group = Any  # a parser or a group of its arguments


class UsageError(Exception):
    """Raised if the command line is invalid. The message is one line."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of printing and exiting."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)
        self.add_argument("--traceback", action="store_true", help="show the traceback of an error")

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")

    def print_help(self, file: Any = None) -> None:
        """Print the help; unlike argparse's own method, report a full disk or a closed pipe."""
        print(self.format_help(), end="", file=file)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and reject unknown arguments here, so that the message names the right command."""
        namespace, rest = super().parse_known_args(args, namespace)
        if rest:
            self._refuse(rest)
        return namespace, rest

    def _refuse(self, words: Sequence[str]) -> NoReturn:
        from ..spelling import did_you_mean, suggestions

        option = next((word for word in words if word.startswith("-") and len(word) > 1), None)
        if option is None:
            self.error(f"unexpected argument {words[0]!r}")
        name = option.partition("=")[0]
        suggested = suggestions(name, self._option_string_actions)
        self.error(f"unknown option {name}{': ' + did_you_mean(suggested) if suggested else ''}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ArgumentError or UsageError if the value is not one of the choices of the argument."""
        if action.choices is None or value in action.choices:
            return
        from ..spelling import unknown_name

        if isinstance(action, argparse._SubParsersAction):
            self.error(unknown_name("command", value, action.choices))
        raise argparse.ArgumentError(action, unknown_name("choice", value, map(str, action.choices)))


def add_command(commands: Commands, name: str, run: Callable[..., Any], about: str, examples: Sequence[str]) -> Parser:
    """Add a command.

    Args:
        commands: the subparsers of the main parser.
        run: gets the parsed arguments.
        about: the description; its first line is shown in the list of commands.
        examples: command lines, shown at the end of the help.
    """
    title = "example" if len(examples) == 1 else "examples"
    epilog = "\n  ".join([f"{title}:", *examples])
    summary = about.partition("\n")[0]
    parser: Parser = commands.add_parser(name, help=summary, description=about, epilog=epilog)
    parser.set_defaults(run=run)
    return parser


def add_seed(group: Group, text: str = "seed of the random numbers") -> None:
    """Add --seed, by default 0."""
    group.add_argument("--seed", type=non_negative_int, default=0, metavar="N", help=f"{text} (default: 0)")


def with_dashes(words: Sequence[str]) -> list[str]:
    """Change --batch_size to --batch-size; values, and all words after --, are unchanged."""
    words = list(words)
    end = words.index("--") if "--" in words else len(words)
    for i, word in enumerate(words[:end]):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            words[i] = name.replace("_", "-") + equals + value
    return words


def option_of(name: str) -> str:
    """The option that sets an attribute: --batch-size for batch_size."""
    return f"--{name.replace('_', '-')}"


def require_known(option: str, kind: str, name: str, known: Iterable[str]) -> None:
    """Raise UsageError unless `name`, the value of an option, is one of the known names."""
    names = list(known)
    if name not in names:
        from ..spelling import unknown_name

        raise UsageError(f"{option}: {unknown_name(kind, name, names)}")


# ---- the types of arguments ----


def positive_int(text: str) -> int:
    """An int of at least 1."""
    return _integer(text, 1)


def non_negative_int(text: str) -> int:
    """An int of at least 0."""
    return _integer(text, 0)


def port(text: str) -> int:
    """Parse the number of a TCP port; 0 means any free port."""
    number = _integer(text, 0)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"must be an integer from 0 to 65535; got {text!r}")
    return number


def positive_number(text: str) -> float:
    """A positive finite number."""
    return _number(text, "a positive number", lambda value: 0 < value < math.inf)


def non_negative_number(text: str) -> float:
    """A finite number of at least 0."""
    return _number(text, "a number of at least 0", lambda value: 0 <= value < math.inf)


def fraction_below_1(text: str) -> float:
    """A number of at least 0 and below 1."""
    return _number(text, "a fraction of at least 0 and below 1", lambda value: 0 <= value < 1)


def positive_fraction(text: str) -> float:
    """A number above 0 and below 1."""
    return _number(text, "a fraction above 0 and below 1", lambda value: 0 < value < 1)


def image_size(text: str) -> tuple[int, int]:
    """One side, for example 32, or height and width, for example 32x48."""
    numbers = text.lower().split("x")
    if len(numbers) > 2 or not all(number.isdecimal() and int(number) >= 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"must be one side, e.g. 32, or height and width, e.g. 32x48; got {text!r}")
    return int(numbers[0]), int(numbers[-1])


def image_shape(text: str) -> tuple[int, int, int]:
    """Channels, height and width, for example 3x32x32."""
    numbers = text.lower().split("x")
    if len(numbers) != 3 or not all(number.isdecimal() and int(number) >= 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"must be channels, height and width, e.g. 3x32x32; got {text!r}")
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def int_per_axis(text: str) -> int | tuple[int, ...]:
    """An int, or one for each axis, for example 2,1."""
    numbers = text.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"must be an integer, or one per axis, e.g. 2,1; got {text!r}")
    return int(text) if len(numbers) == 1 else tuple(map(int, numbers))


def names(text: str) -> tuple[str, ...]:
    """Parse names that are separated by commas."""
    return tuple(word.strip() for word in text.split(","))


def _number(text: str, needed: str, fits: Callable[[float], bool]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not fits(value):
        raise argparse.ArgumentTypeError(f"must be {needed}; got {text!r}")
    return value


def _integer(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}; got {text!r}")
    return value
