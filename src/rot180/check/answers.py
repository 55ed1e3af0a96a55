"""The verdict on answers that another program has written beside test vectors (`vectors.py`, docs/vectors.md).

They are judged and diagnosed as a layer of one's own is, but for what needs the code itself: no smaller cases are
tried, no differences taken, and nothing is called twice.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError, GradientError
from .case import Array, Case, Problem
from .definitions import Definition
from .findings import LayerReport
from .implementation import Code, Outcome, Refused
from .judgement import Check
from .trials import Run, Trials
from .vectors import FORMAT, INDEX, MOST_CELLS, VERSION, array_of, convolution

MOST_BYTES = 64 << 20  # of a file that is read


class Answers:
    """What stands in for the user's functions: the answers, by problem."""

    layout = "channels_first"
    open_settings = ()
    remarks = ()
    takes_dy = True

    def __init__(self, definition: Definition, name: str, outcomes: Mapping[int, Outcome]) -> None:
        self.name, self.outcomes, self.definition = name, outcomes, definition
        self.arguments = definition.arguments
        present = [set(outcome.gradients) for outcome in outcomes.values()]
        self.returns = tuple(a for a in definition.gradients_of if all(a in names for names in present))

    def run(self, problem: Problem) -> Outcome:
        """What was answered; Refused for any problem that was not asked."""
        if id(problem) not in self.outcomes:
            raise Refused("only what was exported has answers")
        return self.outcomes[id(problem)]

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Nor for another dy."""
        raise Refused("only what was exported has answers")

    def otherwise(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """There is one form."""
        return ()

    def value(self, problem: Problem, arrays: Mapping[str, Array]) -> Array:
        """Nothing else can be computed."""
        raise Refused("only what was exported has answers")


class Answered(Trials):
    """Trials that another program has made: the runs are read."""

    def __init__(self, definition: Definition, name: str, runs: list[Run], missing: Sequence[str]) -> None:
        code = Answers(definition, name, {id(problem): outcome for problem, outcome in runs})
        super().__init__(code, definition, "correlation", {}, 0)
        self.runs = runs
        self.refused = [f"{name} (no answer)" for name in missing]

    def try_all(self) -> None:
        """Nothing is left to try; the settings are those of the cases."""

    def problem(self, case: Case, number: int, unit: float) -> None:
        """No other case can be asked."""


def verify(folder: str | Path) -> LayerReport:
    """Judge the answers in a folder of vectors.

    Raises FormatError where the folder holds no vectors or an answer cannot be read, GradientError where there is none.
    """
    root = Path(folder)
    index = _json(root / INDEX)
    if not isinstance(index, Mapping) or index.get("format") != FORMAT or not isinstance(index.get("cases"), list):
        raise FormatError(f"vectors.verify: {root / INDEX} is no index of vectors; `rot180 vectors export` writes one")
    if index.get("version") != VERSION:
        raise FormatError(
            f"vectors.verify: {root} has version {index.get('version')!r} of the format; this rot180 reads {VERSION}"
        )
    definition = convolution(str(index.get("op")))
    runs, missing = [], []
    for name in index["cases"]:
        problem = _problem(root / str(name), definition)
        outcome = _outcome(root / str(name), problem)
        if outcome is None:
            missing.append(str(name))
        else:
            runs.append((problem, outcome))
    if not runs:
        raise GradientError(
            f"vectors.verify: no case in {root} has an answer; a program writes answer/y.npy, dx.npy, dw.npy and "
            "db.npy, or answer.json, beside each (docs/vectors.md)"
        )
    return Check(Answered(definition, root.name, runs, missing)).report()


def _problem(folder: Path, definition: Definition) -> Problem:
    """The case of a folder, as it was exported."""
    record = _json(folder / "case.json")
    if not isinstance(record, Mapping) or not isinstance(record.get("arrays"), Mapping):
        raise FormatError(f"vectors.verify: {folder / 'case.json'} holds no case")
    arrays = {name: array_of(data, f"{folder / 'case.json'}: {name}") for name, data in record["arrays"].items()}
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in dict(record.get("settings", {})).items()}
    needed = [name for name in (*definition.arguments, "dy") if name not in arrays]
    if needed:
        raise FormatError(f"vectors.verify: {folder / 'case.json'} lacks {', '.join(needed)}")
    given = {name: arrays[name] for name in definition.arguments}
    case = Case(settings, {name: a.shape for name, a in given.items()})
    return Problem(case, given, arrays["dy"])


def _outcome(folder: Path, problem: Problem) -> Outcome | None:
    """What was answered to a case; None without a y."""
    found: dict[str, Array] = {}
    if (folder / "answer.json").is_file():
        record = _json(folder / "answer.json")
        if not isinstance(record, Mapping):
            raise FormatError(f"vectors.verify: {folder / 'answer.json'} must be an object")
        found = {str(k): array_of(v, f"{folder / 'answer.json'}: {k}") for k, v in record.items()}
    for name in ("y", *[f"d{argument}" for argument in problem.arrays]):
        path = folder / "answer" / f"{name}.npy"
        if path.is_file():
            found[name] = _npy(path)
    if "y" not in found:
        return None
    return Outcome(found["y"], {a: found[f"d{a}"] for a in problem.arrays if f"d{a}" in found}, problem.dy)


def _json(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except ValueError as error:
        raise FormatError(f"vectors.verify: {path} is no JSON: {error}") from None


def _npy(path: Path) -> Array:
    """A numeric array, by NumPy's reader without pickles."""
    try:
        array = np.load(io.BytesIO(_bytes(path)), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise FormatError(f"vectors.verify: {path} is no .npy file: {error}") from None
    if array.dtype.kind not in "fiu" or array.size > MOST_CELLS:
        raise FormatError(f"vectors.verify: {path} must hold numbers, {MOST_CELLS:,} at most; it is {array.dtype}")
    return np.asarray(array, array.dtype.newbyteorder("="))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise FormatError(f"vectors.verify: there is no file {path}")
    if path.stat().st_size > MOST_BYTES:
        raise FormatError(f"vectors.verify: {path} is larger than {MOST_BYTES >> 20} MiB")
    return path.read_bytes()
