"""Reads a folder of test vectors: the index, the cases, and the answers of a program.

The files of a case hold the same data three times, so that a program can read the format that suits it. They are
compared with each other and with the definition. Otherwise a program could be blamed for changes in its input.

Internal to check/. export.py writes the vectors, verification.py makes the verdict.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FormatError, ShapeError
from ..operations import Convolution
from ..operations.case import Array, Case, Problem
from .export import FORMAT, INDEX, MAX_CELLS, VERSION, array_of, convolution, settings_lines

MAX_BYTES = 64 << 20  # of a file
EXPORT_AGAIN = "export the vectors again"


def read_index(root: Path) -> tuple[Convolution, list[str]]:
    """Return the operation and the names of the cases."""
    record = _json(root / INDEX)
    if not isinstance(record, Mapping) or record.get("format") != FORMAT or not isinstance(record.get("cases"), list):
        raise FormatError(
            f"vectors.verify: {root / INDEX} is not an index of vectors; write one with rot180 vectors export"
        )
    if record.get("version") != VERSION:
        raise FormatError(
            f"vectors.verify: {root} has format version {record.get('version')!r}; this rot180 reads version {VERSION}"
        )
    return convolution(str(record.get("op"))), [str(name) for name in record["cases"]]


def read_problem(folder: Path, definition: Convolution) -> Problem:
    """Return the case of a folder as it was exported. Raises FormatError if anything in it was changed."""
    path = folder / "case.json"
    record = _json(path)
    if not isinstance(record, Mapping) or not all(isinstance(record.get(k), Mapping) for k in ("arrays", "settings")):
        raise FormatError(f"vectors.verify: {path} does not describe a case; {EXPORT_AGAIN}")
    if record.get("op") != definition.name:
        raise FormatError(
            f"vectors.verify: {path} is for {record.get('op')!r}, the index for {definition.name}; {EXPORT_AGAIN}"
        )
    arrays = {name: array_of(data, f"{path}: {name}") for name, data in record["arrays"].items()}
    given = definition.arguments
    lacking = [name for name in (*given, "dy", "y", *[f"d{name}" for name in given]) if name not in arrays]
    if lacking:
        raise FormatError(f"vectors.verify: {path} lacks {', '.join(lacking)}; {EXPORT_AGAIN}")
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in record["settings"].items()}
    unknown = [name for name in settings if name not in definition.settings]
    if unknown:
        raise FormatError(
            f"vectors.verify: {path} has a setting {unknown[0]!r}; the settings of {definition.name} are "
            f"{', '.join(definition.settings) or 'none'}"
        )
    problem = Problem(
        Case(settings, {name: arrays[name].shape for name in given}), {name: arrays[name] for name in given},
        arrays["dy"],
    )  # fmt: skip
    _compare_sizes(path, definition, problem)
    _compare_files(folder, definition, problem.case, arrays)
    _compare_results(path, definition, problem, arrays)
    return problem


def _compare_sizes(path: Path, definition: Convolution, problem: Problem) -> None:
    """Raise FormatError if the settings and the shapes in case.json do not match."""
    try:
        shape = definition.y_shape(problem.case)
    except (ShapeError, IndexError, TypeError, ValueError) as error:
        raise FormatError(f"vectors.verify: {path}: {error}") from None
    if problem.dy.shape != shape:
        raise FormatError(
            f"vectors.verify: {path}: dy has shape {problem.dy.shape}, but the settings give y the shape {shape}"
        )


def _compare_files(folder: Path, definition: Convolution, case: Case, arrays: Mapping[str, Array]) -> None:
    """Raise FormatError if settings.txt or a .npy file differs from case.json; each may be missing."""
    differing = [
        f"{name}.npy"
        for name, array in arrays.items()
        if (folder / f"{name}.npy").exists() and not np.array_equal(_npy(folder / f"{name}.npy"), array)
    ]
    path = folder / "settings.txt"
    if path.exists() and _bytes(path).split() != settings_lines(definition, case).encode().split():
        differing.append(path.name)
    if differing:
        raise FormatError(
            f"vectors.verify: {folder / differing[0]} differs from case.json next to it; {EXPORT_AGAIN}, and let "
            "the program write only its answers"
        )


def _compare_results(path: Path, definition: Convolution, problem: Problem, arrays: Mapping[str, Array]) -> None:
    """Raise FormatError if the results in case.json are not those of its input."""
    right = {"y": definition.forward(problem.arrays, problem.case)}
    gradients = definition.gradients(problem.dy, problem.arrays, problem.case)
    right |= {f"d{name}": gradient for name, gradient in gradients.items()}
    wrong = [name for name, array in right.items() if not np.array_equal(arrays[name], array)]
    if wrong:
        raise FormatError(
            f"vectors.verify: {path}: {', '.join(wrong)} are not the results of {definition.name}; {EXPORT_AGAIN}"
        )


def read_answer(folder: Path, definition: Convolution) -> dict[str, Array]:
    """Return the answer to a case: "y", "dx", "dw", "db", as far as they exist."""
    single, several = folder / "answer.json", folder / "answer"
    names = ("y", *[f"d{argument}" for argument in definition.arguments])
    if single.exists() and several.exists():
        raise FormatError(f"vectors.verify: {folder} has both answer.json and a folder answer; remove one of them")
    if single.exists():
        record = _json(single)
        if not isinstance(record, Mapping):
            raise FormatError(f"vectors.verify: {single} must contain a JSON object")
        return {name: array_of(record[name], f"{single}: {name}") for name in names if name in record}
    return {name: _npy(several / f"{name}.npy") for name in names if (several / f"{name}.npy").exists()}


def _json(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"vectors.verify: {path} is not valid JSON: {error}") from None


def _npy(path: Path) -> Array:
    """Read a numeric array with NumPy's reader, without pickle."""
    try:
        array = np.load(io.BytesIO(_bytes(path)), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"vectors.verify: {path} is not a .npy file: {error}") from None
    if array.dtype.kind not in "fiu" or array.size > MAX_CELLS:
        raise FormatError(
            f"vectors.verify: {path} must hold at most {MAX_CELLS:,} numbers; it holds {array.size:,} of {array.dtype}"
        )
    return np.asarray(array, array.dtype.newbyteorder("="))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise FormatError(
            f"vectors.verify: {path} is not a file" if path.exists() else f"vectors.verify: {path} does not exist"
        )
    if path.stat().st_size > MAX_BYTES:
        raise FormatError(f"vectors.verify: {path} is larger than {MAX_BYTES >> 20} MiB")
    return path.read_bytes()
