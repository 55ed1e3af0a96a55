"""Write test vectors for layers in other languages: cases with small integers, as JSON and .npy files.

    DIR/rot180-vectors.json         {"format": "rot180-vectors", "version": 2, "op": ..., "set": ..., "seed": ...,
                                    "cases": [folder, ...]}
    DIR/003-stride2-padding1/       case.json; settings.txt, x.npy, w.npy, b.npy and dy.npy with the same data; and the
                                    correct results y.npy, dx.npy, dw.npy and db.npy, unless results=False
    DIR/003-.../answer.json         the results of the checked program; or answer/y.npy, answer/dx.npy, ...

case.json holds the settings and all arrays, as {"shape": [...], "data": [...]} in C order (the last axis varies
fastest). settings.txt has one line for each setting, with its name and one number per axis. docs/vectors.md describes
the format. The version number increases if older programs cannot read the new format.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import FormatError
from ...formats import atomic
from ...window import per_axis
from ..operations import Convolution
from ..operations.case import Array, Case, Problem
from .arrays import as_json, as_npy
from .cases import VectorSet, convolution

FORMAT, VERSION = "rot180-vectors", 2
INDEX = "rot180-vectors.json"


def export(folder: str | Path, op: str, which: str = "standard", seed: int = 0, *, results: bool = True) -> list[str]:
    """Write the cases of an operation into a folder, and return their names.

    Args:
        folder: a new or empty folder, because old answers would be taken for answers to the new cases.
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear.
        which: "tiny", one case per setting with a few cells each; "standard" (default), several sizes;
            "exhaustive", all combinations of settings.
        seed: the seed of the random numbers (default: 0), at most 2**63 - 1.
        results: True (default) to write the correct results too; False for a folder that students answer and you grade.

    Raises ValueError for an unknown set or seed, UnknownOperationError for an operation without vectors, and
    FormatError if the folder is not empty.
    """
    vectors = VectorSet(convolution(op), which, seed)
    root = Path(folder)
    _require_empty(root)
    atomic.make_folder(root)
    problems = vectors.problems()
    for name, problem in problems.items():
        atomic.make_folder(root / name)
        contents = case_files(vectors.definition, problem, results=results)
        atomic.write_files({root / name / file: data for file, data in contents.items()})
    index = {
        "format": FORMAT, "version": VERSION, "op": vectors.definition.name, "set": which, "seed": seed,
        "cases": list(problems),
    }  # fmt: skip
    atomic.write_text(root / INDEX, json.dumps(index, indent=1) + "\n")
    return list(problems)


def _require_empty(root: Path) -> None:
    """Raise FormatError unless the path is an empty folder or does not exist."""
    if root.exists() and not root.is_dir():
        raise FormatError(f"vectors.export: {root} is not a folder; choose an empty or new folder")
    if (root / INDEX).exists():
        raise FormatError(
            f"vectors.export: {root} already holds vectors, and old answers would be taken for new ones; choose "
            "another folder, or remove this one first"
        )
    if root.exists() and any(root.iterdir()):
        raise FormatError(f"vectors.export: {root} is not empty; choose an empty or new folder")


def case_files(definition: Convolution, problem: Problem, *, results: bool) -> dict[str, bytes]:
    """Return the content of the files of one case by name."""
    arrays = inputs_of(problem) | (results_of(definition, problem) if results else {})
    return {
        **{f"{name}.npy": as_npy(array) for name, array in arrays.items()},
        "case.json": (json.dumps(record_of(definition, problem, arrays)) + "\n").encode(),
        "settings.txt": settings_lines(definition, problem.case).encode(),
    }


def inputs_of(problem: Problem) -> dict[str, Array]:
    """Return the arrays that a program reads: the arguments and dy."""
    return {**problem.arrays, "dy": problem.dy}


def results_of(definition: Convolution, problem: Problem) -> dict[str, Array]:
    """Return the correct results: y, dx, dw, db."""
    gradients = definition.gradients(problem.dy, problem.arrays, problem.case)
    y = definition.forward(problem.arrays, problem.case)
    return {"y": y, **{f"d{name}": gradient for name, gradient in gradients.items()}}


def record_of(definition: Convolution, problem: Problem, arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the content of case.json."""
    return {
        "op": definition.name,
        "settings": {name: list(v) if isinstance(v, tuple) else v for name, v in problem.case.settings.items()},
        "arrays": {name: as_json(array) for name, array in arrays.items()},
    }


def settings_lines(definition: Convolution, case: Case) -> str:
    """The lines of settings.txt: every setting, including defaults; groups as one number."""
    lines = [f"op {definition.name}"]
    for name in definition.settings:
        value = case.settings.get(name, definition.default(name))
        values = (value,) if name == "groups" else per_axis(definition.name, name, value, definition.axes)
        lines.append(" ".join([name, *map(str, values)]))
    return "\n".join(lines) + "\n"
