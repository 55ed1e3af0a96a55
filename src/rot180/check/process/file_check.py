"""Check a file: its functions run in a child process, and this process compares their results."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import Rot180Error
from ...spelling import did_you_mean, suggestions
from ..adapter.descriptions import one_line
from .failure import ChildFailure, CouldNotCheckError
from .program import Limits, Program, running

if TYPE_CHECKING:
    from ..report import LayerReport
    from .class_probes import OperationMessage
    from .remote import Session
    from .search import Entry, FunctionNames

MISSING_ARGUMENTS = "required positional argument"  # in Python's error message if a constructor needs arguments


@dataclass(frozen=True)
class FileVerdict:
    """The result of checking a file.

    Attributes:
        report: the report of the check.
        printed: the beginning of the output of the code.
        seconds: the duration of the check.
    """

    report: LayerReport
    printed: str
    seconds: float


def check_file(
    path: str | Path, names: tuple[str, ...] | None, options: Mapping[str, Any], limits: Limits | None = None
) -> FileVerdict:
    """Check the functions of a Python file in a child process.

    Args:
        path: the path of the file.
        names: the names of the functions; None to choose the functions that match the operation.
        options: the keyword arguments of `check.layer`.
        limits: the limits of the process (default: 60 seconds, and no forbidden packages).

    Raises CouldNotCheckError if the code could not be loaded or called, or did not finish in time.
    """
    path, shown, begin = Path(path), one_line(path), time.monotonic()
    if not path.is_file():
        raise CouldNotCheckError(f"check: {shown} {'is not a regular file' if path.exists() else 'does not exist'}")
    try:
        with running(path.resolve(), limits or Limits()) as program:
            report = _check(program, path, names, options)
    except ChildFailure as failure:
        raise CouldNotCheckError(f"check: {shown} {failure}") from None
    return FileVerdict(report, program.printed(), time.monotonic() - begin)


def _check(program: Program, path: Path, names: Sequence[str] | None, options: Mapping[str, Any]) -> LayerReport:
    """Find the functions in the running program, and check them."""
    from .remote import Session  # imported late, so that the child process starts while NumPy loads

    session = Session(program, path)
    session.post_load()
    from .. import layer, operations
    from ..operations.settings import validate
    from . import class_probes, search

    definition = operations.find(options.get("op", "conv2d"))
    entries = search.read_contents(session.read_contents())
    chosen = search.choose(entries, names, definition.name, one_line(path.name))
    message = class_probes.OperationMessage(definition, validate(definition, _settings(options)))
    forward, backward = _find_both(session, chosen, entries, path, message)
    try:
        return layer(forward, backward, **options)
    except Exception as error:
        raise CouldNotCheckError(f"check: {_describe(error)}") from None


def _find_both(
    session: Session, names: FunctionNames, entries: Sequence[Entry], path: Path, message: OperationMessage
) -> tuple[Any, Any]:
    """Return the forward and the backward. If the name belongs to a class, return its Pair and None."""
    if not names.forward:
        return None, _find(session, names.backward, entries, path)
    if not names.backward:
        return _find(session, names.forward, entries, path, message.content()), None
    owners = {name.rpartition(".")[0] for name in (names.forward, names.backward)}
    try:
        return _find(session, names.forward, entries, path), _find(session, names.backward, entries, path)
    except CouldNotCheckError as error:
        if len(owners) > 1 or owners == {""} or MISSING_ARGUMENTS not in str(error):
            raise
    return _find(session, owners.pop(), entries, path, message.content()), None  # a class whose constructor needs sizes


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the operation among the options."""
    others = ("op", "convention", "layout", "forward_arguments", "backward_arguments", "returns", "seed")
    return {name: value for name, value in options.items() if name not in others}


def _find(
    session: Session, name: str, entries: Sequence[Entry], path: Path, operation: Mapping[str, Any] | None = None
) -> Any:
    """Return the function with this name, or the Pair of a class."""
    function = session.find(name, operation)
    if function is None:
        there = ", ".join(sorted(entry.name for entry in entries if not entry.name.startswith("_")))
        close = suggestions(name, [entry.name for entry in entries])
        hint = f" ({did_you_mean(close)})" if close else ""
        raise CouldNotCheckError(
            f"check: {one_line(path)} has no function {name}{hint}; its functions are {there or 'none'}"
        )
    return function


def _describe(error: Exception) -> str:
    """Describe an error: the text of rot180's own errors, and type and text of others."""
    from .remote import OURS

    if isinstance(error, Rot180Error) or str(error).startswith(OURS):
        return str(error).removeprefix(OURS)
    return f"{type(error).__name__}: {error}"
