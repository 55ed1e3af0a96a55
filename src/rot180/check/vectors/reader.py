"""What lies in a folder of test vectors, read: the index, each case, and what a program has answered to it.

The files of a case say the same thing three times, so that a program may read what suits it; they are held against
each other and against the definition, or a program would be accused of what somebody did to its input.

Who may import it: the parts of check/. Deliberately absent: writing them (vectors.py), and the verdict (answers.py).
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
from .export import FORMAT, INDEX, MOST_CELLS, VERSION, array_of, convolution, settings_lines

MOST_BYTES = 64 << 20  # of a file that is read
ANEW = "export the vectors anew"


def read_index(root: Path) -> tuple[Convolution, list[str]]:
    """The operation, and the names of the cases."""
    record = _json(root / INDEX)
    if not isinstance(record, Mapping) or record.get("format") != FORMAT or not isinstance(record.get("cases"), list):
        raise FormatError(f"vectors.verify: {root / INDEX} is no index of vectors; `rot180 vectors export` writes one")
    if record.get("version") != VERSION:
        raise FormatError(
            f"vectors.verify: {root} has version {record.get('version')!r} of the format; this rot180 reads {VERSION}"
        )
    return convolution(str(record.get("op"))), [str(name) for name in record["cases"]]


def read_problem(folder: Path, definition: Convolution) -> Problem:
    """The case of a folder, as it was exported; FormatError where anything in it was changed."""
    path = folder / "case.json"
    record = _json(path)
    if not isinstance(record, Mapping) or not all(isinstance(record.get(k), Mapping) for k in ("arrays", "settings")):
        raise FormatError(f"vectors.verify: {path} holds no case")
    if record.get("op") != definition.name:
        raise FormatError(f"vectors.verify: {path} is of {record.get('op')!r}, and the index of {definition.name}")
    arrays = {name: array_of(data, f"{path}: {name}") for name, data in record["arrays"].items()}
    given = definition.arguments
    lacking = [name for name in (*given, "dy", "y", *[f"d{name}" for name in given]) if name not in arrays]
    if lacking:
        raise FormatError(f"vectors.verify: {path} lacks {', '.join(lacking)}; {ANEW}")
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in record["settings"].items()}
    unknown = [name for name in settings if name not in definition.settings]
    if unknown:
        raise FormatError(
            f"vectors.verify: {path} has a setting {unknown[0]!r}; {definition.name} has "
            f"{', '.join(definition.settings) or 'none'}"
        )
    found = Problem(
        Case(settings, {name: arrays[name].shape for name in given}), {name: arrays[name] for name in given},
        arrays["dy"],
    )  # fmt: skip
    _compare_sizes(path, definition, found)
    _compare_files(folder, definition, found.case, arrays)
    _compare_results(path, definition, found, arrays)
    return found


def _compare_sizes(path: Path, definition: Convolution, found: Problem) -> None:
    """FormatError where the settings and shapes in case.json do not go together."""
    try:
        shape = definition.y_shape(found.case)
    except (ShapeError, IndexError, TypeError, ValueError) as error:
        raise FormatError(f"vectors.verify: {path}: {error}") from None
    if found.dy.shape != shape:
        raise FormatError(f"vectors.verify: {path}: dy has shape {found.dy.shape}, and by the settings y has {shape}")


def _compare_files(folder: Path, definition: Convolution, case: Case, arrays: Mapping[str, Array]) -> None:
    """FormatError where settings.txt or a .npy file says something else than case.json; each may be missing."""
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
            f"vectors.verify: {folder / differing[0]} and case.json beside it differ; {ANEW}, and let the program "
            "write its answers only"
        )


def _compare_results(path: Path, definition: Convolution, found: Problem, arrays: Mapping[str, Array]) -> None:
    """FormatError where the results in case.json are not those of its input."""
    right = {"y": definition.forward(found.arrays, found.case)}
    gradients = definition.gradients(found.dy, found.arrays, found.case)
    right |= {f"d{name}": gradient for name, gradient in gradients.items()}
    wrong = [name for name, array in right.items() if not np.array_equal(arrays[name], array)]
    if wrong:
        raise FormatError(
            f"vectors.verify: {path}: its {', '.join(wrong)} are not what {definition.name} gives; {ANEW}"
        )


def read_answer(folder: Path, definition: Convolution) -> dict[str, Array]:
    """What was answered to a case: "y", "dx", "dw", "db", as far as it is there."""
    single, several = folder / "answer.json", folder / "answer"
    names = ("y", *[f"d{argument}" for argument in definition.arguments])
    if single.exists() and several.exists():
        raise FormatError(
            f"vectors.verify: {folder} holds both answer.json and answer; remove the one that is not meant"
        )
    if single.exists():
        record = _json(single)
        if not isinstance(record, Mapping):
            raise FormatError(f"vectors.verify: {single} must be an object")
        return {name: array_of(record[name], f"{single}: {name}") for name in names if name in record}
    return {name: _npy(several / f"{name}.npy") for name in names if (several / f"{name}.npy").exists()}


def _json(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"vectors.verify: {path} is no JSON: {error}") from None


def _npy(path: Path) -> Array:
    """A numeric array, by NumPy's reader without pickles."""
    try:
        array = np.load(io.BytesIO(_bytes(path)), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"vectors.verify: {path} is no .npy file: {error}") from None
    if array.dtype.kind not in "fiu" or array.size > MOST_CELLS:
        raise FormatError(f"vectors.verify: {path} must hold numbers, {MOST_CELLS:,} at most; it is {array.dtype}")
    return np.asarray(array, array.dtype.newbyteorder("="))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise FormatError(
            f"vectors.verify: {path} is no file" if path.exists() else f"vectors.verify: there is no file {path}"
        )
    if path.stat().st_size > MOST_BYTES:
        raise FormatError(f"vectors.verify: {path} is larger than {MOST_BYTES >> 20} MiB")
    return path.read_bytes()
