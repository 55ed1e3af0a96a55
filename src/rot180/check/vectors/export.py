"""Writes test vectors for layers in other languages: cases with small integers, exact, as JSON and .npy.

    DIR/rot180-vectors.json         {"format": "rot180-vectors", "version": 1, "op": ..., "cases": [folder, ...]}
    DIR/003-stride2-padding1/       case.json; the same as settings.txt, x.npy, w.npy, b.npy, dy.npy; and the correct
                                    results y.npy, dx.npy, dw.npy, db.npy
    DIR/003-.../answer.json         the results of the other program; or answer/y.npy, answer/dx.npy, ...

case.json holds the settings and all arrays, as {"shape": [...], "data": [...]} with the last axis running fastest;
settings.txt has one line for each setting, with its name and one number per axis. docs/vectors.md describes the
format. A change that old programs cannot read gets another version number.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FormatError
from ...formats import atomic
from ...window import per_axis
from .. import operations
from ..operations import Definition, UnknownOperationError
from ..operations.case import Array, Case, Problem, draw
from ..operations.convolution import CONVOLUTIONS, Convolution

FORMAT, VERSION = "rot180-vectors", 1
INDEX = "rot180-vectors.json"
SETS = ("tiny", "standard", "exhaustive")
MAX_CELLS = 1 << 20  # cells of an array in an answer
_NOT_AN_ARRAY = "{name} must be an object with 'shape' and as many numbers in 'data'; see docs/vectors.md"


def export(folder: str | Path, op: str, which: str = "standard", seed: int = 0) -> list[str]:
    """Write the cases of an operation into a folder, and return their names.

    Args:
        folder: is created, or must be empty, because old answers in it would be judged as answers to the new cases.
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear.
        which: "tiny", one case per setting with a few cells each; "standard" (default), several sizes;
            "exhaustive", all combinations of settings.
        seed: of the random numbers (default: 0).

    Raises ValueError for an unknown set, UnknownOperationError for an operation without vectors, and FormatError if the
    folder is not empty.
    """
    if which not in SETS:
        raise ValueError(f"vectors.export: the set must be one of {', '.join(SETS)}; got {which!r}")
    definition = convolution(op)
    root = Path(folder)
    _require_empty(root)
    atomic.make_folder(root)
    names = []
    for number, case in enumerate(_cases(definition, which)):
        problem = draw(case, definition.y_shape(case), seed + number)
        name = f"{number:03d}{''.join(f'-{k}{_short(v)}' for k, v in case.settings.items())}"
        _write(root / name, definition, problem)
        names.append(name)
    index = {"format": FORMAT, "version": VERSION, "op": definition.name, "set": which, "cases": names}
    atomic.write_text(root / INDEX, json.dumps(index, indent=1) + "\n")
    return names


def _require_empty(root: Path) -> None:
    """Raise FormatError unless the path is an empty folder or does not exist."""
    if root.exists() and not root.is_dir():
        raise FormatError(f"vectors.export: {root} is not a folder; choose an empty or new folder")
    if (root / INDEX).exists():
        raise FormatError(
            f"vectors.export: {root} already holds vectors, and old answers would be judged as new ones; choose "
            "another folder, or remove this one first"
        )
    if root.exists() and any(root.iterdir()):
        raise FormatError(f"vectors.export: {root} is not empty; choose an empty or new folder")


def convolution(op: str) -> Convolution:
    """Return the definition of an operation that has vectors. Raises UnknownOperationError for others."""
    definition = operations.find(op)
    if not isinstance(definition, Convolution):
        raise UnknownOperationError(
            f"vectors: {op!r} has no vectors; the operations with vectors are {', '.join(CONVOLUTIONS)}"
        )
    return definition


def _cases(definition: Definition, which: str) -> Iterator[Case]:
    cases = list(definition.cases({}, definition.settings, "correlation"))
    if which == "standard" or not definition.axes:
        yield from cases
    elif which == "tiny":
        for case in cases:
            yield _smallest(definition, case)
    else:
        steps = {
            "stride": (1, 2, 3),
            "padding": (0, 1, 2),
            "dilation": (1, 2),
            "groups": (1, 2),
            "output_padding": (0, 1),
        }
        names = definition.settings
        for values in product(*(steps[name] for name in names)):
            settings = dict(zip(names, values, strict=True))
            if settings.get("output_padding", 0) < max(settings["stride"], settings["dilation"]):
                yield from list(definition.cases(settings, (), "correlation"))[:1]


def _smallest(definition: Definition, case: Case) -> Case:
    """Remove cells as long as the kernel has two per axis and x has three."""
    while True:
        for less in definition.smaller(case):
            if min(less.shapes["w"][2:], default=2) >= 2 and min(less.shapes["x"][2:], default=3) >= 3:
                case = less
                break
        else:
            return case


def _write(folder: Path, definition: Definition, problem: Problem) -> None:
    """Write one case; its files appear together or not at all."""
    arrays = {**problem.arrays, "dy": problem.dy, "y": definition.forward(problem.arrays, problem.case)}
    gradients = definition.gradients(problem.dy, problem.arrays, problem.case)
    arrays |= {f"d{name}": gradient for name, gradient in gradients.items()}
    record = {
        "op": definition.name,
        "settings": dict(problem.case.settings),
        "arrays": {name: as_json(a) for name, a in arrays.items()},
    }
    atomic.make_folder(folder)
    files = {folder / f"{name}.npy": as_npy(a) for name, a in arrays.items()}
    texts = {"case.json": json.dumps(record) + "\n", "settings.txt": settings_lines(definition, problem.case)}
    atomic.write_files({**files, **{folder / name: text.encode() for name, text in texts.items()}})


def settings_lines(definition: Definition, case: Case) -> str:
    """The lines of settings.txt: every setting, including defaults; groups as one number."""
    lines = [f"op {definition.name}"]
    for name in definition.settings:
        value = case.settings.get(name, definition.default(name))
        values = (value,) if name == "groups" else per_axis(definition.name, name, value, definition.axes)
        lines.append(" ".join([name, *map(str, values)]))
    return "\n".join(lines) + "\n"


def as_json(a: Array) -> dict[str, Any]:
    """The shape and the cells; whole numbers as integers."""
    cells = a.ravel().tolist()
    return {"shape": list(a.shape), "data": [int(v) if float(v).is_integer() else v for v in cells]}


def as_npy(a: Array) -> bytes:
    """The bytes of a .npy file in little-endian float32."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(a, "<f4"), allow_pickle=False)
    return buffer.getvalue()


def array_of(data: Any, name: str) -> Array:
    """Return the array that {"shape": ..., "data": ...} describes. Raises FormatError if it does not describe one."""
    shape, cells = (data.get("shape"), data.get("data")) if isinstance(data, Mapping) else (None, None)
    if (
        not isinstance(shape, list)
        or not isinstance(cells, list)
        or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in shape)
        or math.prod(shape) != len(cells)
        or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in cells)
    ):
        raise FormatError(_NOT_AN_ARRAY.format(name=name))
    try:
        return np.array(cells, float).reshape(shape)
    except OverflowError:  # an integer beyond float64
        raise FormatError(_NOT_AN_ARRAY.format(name=name)) from None


def _short(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
