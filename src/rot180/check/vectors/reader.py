"""Read a folder of test vectors: the index and the answers of a program. Also find files that were changed.

Cases and correct results are not read. They are generated again from the operation, the set and the seed, so that
editing a file cannot make the cases easier or change the correct results.

Internal to check/. export.py writes the vectors, and verification.py checks the answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FormatError
from ..operations import Convolution
from ..operations.case import Array, Problem
from ..operations.convolution import CONVOLUTIONS
from .arrays import array_of, array_of_npy
from .cases import VectorSet, convolution, require_seed, require_set
from .export import FORMAT, INDEX, VERSION, inputs_of, record_of, results_of, settings_lines
from .untrusted_files import is_there, read_bytes, read_json, require_folder

INPUTS = ("x", "w", "b", "dy")
EXPORT_AGAIN = "export the vectors again"


def read_set(root: Path, op: str | None = None, which: str | None = None, seed: int | None = None) -> VectorSet:
    """Return the set of vectors that the index names. The index may be missing if `op`, `which` and `seed` are given.

    Raises FormatError if the index differs from the given values, or does not list the cases of its set. Raises
    ValueError for an unknown `op`, `which` or `seed`.
    """
    if which is not None:
        require_set(which)
    if seed is not None:
        require_seed(seed)
    given = {"op": None if op is None else convolution(op).name, "set": which, "seed": seed}
    if not os.path.isdir(root):
        reason = "is not a folder" if os.path.lexists(root) else "does not exist"
        raise FormatError(f"vectors.verify: {root} {reason}; pass a folder with vectors")
    path = root / INDEX
    if not is_there(path):
        if op is not None and which is not None and seed is not None:
            return VectorSet(convolution(op), which, seed)
        raise FormatError(
            f"vectors.verify: {path} does not exist; write vectors with rot180 vectors export, or pass the op, the set "
            "and the seed"
        )
    index = _read_index(path)
    for name, value in given.items():
        if value is not None and index[name] != value:
            raise FormatError(f"vectors.verify: {path} has {name} {index[name]!r:.80}; {value!r} is required")
    vectors = _vector_set(path, index)
    _compare_names(path, vectors, index["cases"])
    return vectors


def _read_index(path: Path) -> Mapping[str, Any]:
    """Return the content of the index, with the keys op, set, seed and cases."""
    record = read_json(path)
    if not isinstance(record, Mapping) or record.get("format") != FORMAT:
        raise FormatError(f"vectors.verify: {path} is not an index of vectors; write one with rot180 vectors export")
    if record.get("version") != VERSION:
        raise FormatError(
            f"vectors.verify: {path} has format version {record.get('version')!r:.80}; this version of rot180 reads "
            f"version {VERSION}; {EXPORT_AGAIN}"
        )
    lacking = [name for name in ("op", "set", "seed", "cases") if name not in record]
    if lacking:
        raise FormatError(f"vectors.verify: {path} does not contain {', '.join(lacking)}; {EXPORT_AGAIN}")
    return record


def _vector_set(path: Path, index: Mapping[str, Any]) -> VectorSet:
    """Return the set that an index names. Raises FormatError if this set does not exist."""
    op, which, seed = (index[name] for name in ("op", "set", "seed"))
    if not isinstance(op, str) or op not in CONVOLUTIONS:
        raise FormatError(
            f"vectors.verify: {path}: op must be one of {', '.join(CONVOLUTIONS)}; got {op!r:.80}; {EXPORT_AGAIN}"
        )
    try:
        return VectorSet(CONVOLUTIONS[op], which, seed)
    except ValueError as error:
        reason = str(error).removeprefix("vectors: ")
        raise FormatError(f"vectors.verify: {path}: {reason}; {EXPORT_AGAIN}") from None


def _compare_names(path: Path, vectors: VectorSet, listed: Any) -> None:
    """Raise FormatError unless the index lists all cases of its set, so that nobody can remove difficult cases."""
    names = list(vectors.problems())
    if listed == names:
        return
    begin = (
        f"vectors.verify: {path} does not list the cases of {vectors.definition.name}, set {vectors.name}, seed "
        f"{vectors.seed}"
    )
    if not isinstance(listed, list):
        difference = "'cases' must be a list of names"
    elif len(listed) != len(names):
        difference = f"it lists {len(listed)} case{'' if len(listed) == 1 else 's'}, but the set has {len(names)}"
    else:
        found, name = next(pair for pair in zip(listed, names, strict=True) if pair[0] != pair[1])
        difference = f"it lists {found!r:.80} instead of {name!r}"
    raise FormatError(f"{begin}: {difference}; {EXPORT_AGAIN} with this version of rot180")


def read_answer(folder: Path, definition: Convolution) -> dict[str, Array]:
    """Return the arrays of an answer to a case by name: "y", "dx", "dw" and "db". Missing arrays are left out.

    Raises FormatError for a file that does not hold an array of numbers, and for a symbolic link.
    """
    if not is_there(folder):
        return {}
    require_folder(folder)
    single, several = folder / "answer.json", folder / "answer"
    names = ("y", *[f"d{argument}" for argument in definition.arguments])
    if is_there(single) and is_there(several):
        raise FormatError(f"vectors.verify: {folder} has both answer.json and a folder answer; remove one of them")
    if is_there(single):
        record = read_json(single)
        if not isinstance(record, Mapping):
            raise FormatError(f"vectors.verify: {single} must contain a JSON object")
        return {name: array_of(record[name], f"{single}: {name}") for name in names if name in record}
    if not is_there(several):
        return {}
    require_folder(several)
    paths = {name: several / f"{name}.npy" for name in names}
    return {name: array_of_npy(read_bytes(path), str(path)) for name, path in paths.items() if is_there(path)}


def changed_files(folder: Path, definition: Convolution, problem: Problem) -> list[str]:
    """Return the names of the files of a case whose content differs from the exported content. Missing files are
    ignored.
    """
    arrays = inputs_of(problem) | results_of(definition, problem)
    record = record_of(definition, problem, arrays)
    settings = settings_lines(definition, problem.case)
    contents = {"case.json": record, "settings.txt": settings, **{f"{name}.npy": a for name, a in arrays.items()}}
    return [name for name, content in contents.items() if _is_changed(folder / name, content)]


def _is_changed(path: Path, content: Any) -> bool:
    """True if a file exists and has other content. The results may be missing in case.json."""
    try:
        if not is_there(path):
            return False
        if path.suffix == ".npy":
            return not np.array_equal(array_of_npy(read_bytes(path), str(path)), content)
        if path.suffix == ".txt":  # line ends may differ
            return read_bytes(path).split() != content.encode().split()
        record = read_json(path)
        inputs = {name: content["arrays"][name] for name in INPUTS}
        return record not in (content, {**content, "arrays": inputs})
    except FormatError:  # it cannot be read
        return True
