"""The formats of a saved trace, JSON and NPZ. `Trace` (`record.py`) calls these functions.

Only the layer, its input arrays and the request are read from a file. Results, triples and views are computed again, so
a file cannot contradict itself. All sizes in a file are checked before memory is allocated, and a file that is damaged
or malicious raises a FormatError.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import FormatError, Rot180Error
from ..formats import atomic
from ..window import hashable
from .errors import ExplainError
from .flat_triples import count_triples
from .limits import MOST_CELLS, MOST_TRIPLES, check_sides, count_cells, everything
from .operations import Array, Arrays, Layer, find_operation
from .request import ARRAYS, MOST_SIZE, Request, request_from_page

FORMAT, VERSION = "rot180.trace", 1
MOST_BYTES = 1 << 25
_RESULTS = ("y", "dx", "dw", "db")


class Fields(NamedTuple):
    """The fields of a saved `Trace`, in the order of the arguments of `Trace`."""

    layer: Layer
    request: Request
    inputs: Arrays
    selection: Mapping[str, list[int]]
    rest: Arrays | None
    source: Mapping[str, Any] | None


# ---- JSON ----


def to_json(data: Mapping[str, Any]) -> str:
    """The plain data of `Trace.as_dict` as JSON, which `from_json` reads."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def from_json(text: str | bytes) -> Fields:
    """Read the fields of a trace from the JSON of `to_json`. Raises FormatError for anything else."""
    if len(text) > MOST_BYTES:
        raise FormatError(f"explain: a trace may have at most {MOST_BYTES:,} bytes; got {len(text):,}")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"explain: the trace is not valid JSON: {error}") from error
    return from_dict(data)


def from_dict(data: Any) -> Fields:
    """Read the fields of a trace from the plain data of `Trace.as_dict`. Raises FormatError for anything else."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise FormatError(f'explain: this is not a trace: it has no "format": "{FORMAT}"')
    if data.get("version") != VERSION:
        raise FormatError(f"explain: the trace has version {data.get('version')!r:.40}; this rot180 reads {VERSION}")
    try:
        return _fields(data, _arrays(_object(data, "arrays")))
    except FormatError:
        raise
    except (Rot180Error, TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise FormatError(f"explain: the trace is inconsistent: {error}") from error


def _fields(data: Mapping[str, Any], arrays: Arrays) -> Fields:
    operation = find_operation(data.get("op"))
    settings = dict(_object(data, "settings"))
    bias, kernel = bool(settings.pop("bias", False)), settings.pop("kernel", None)
    inputs = {name: arrays[name] for name in ARRAYS if name in arrays}
    needed = ["x", "dy"] if operation.pools else ["x", "w", "dy"] + ["b"] * bias
    if list(inputs) != [name for name in ARRAYS if name in needed]:
        raise FormatError(f"explain: a trace of {operation.name} needs the arrays {', '.join(needed)}")
    w_shape = (1, 1, *map(int, kernel)) if operation.pools else inputs["w"].shape
    fixed = {name: hashable(value) for name, value in settings.items() if name in operation.settings}
    layer = Layer.from_settings(operation, inputs["x"].shape, w_shape, inputs["b"].shape if bias else None, fixed)
    shapes = {name: array.shape for name, array in inputs.items()}
    outputs = shapes["x"][1] if operation.pools else shapes["w"][1 if operation.transposed else 0]
    outputs *= layer.window.groups if operation.transposed else 1
    if shapes["dy"] != (shapes["x"][0], outputs, *layer.y_size):
        raise FormatError(f"explain: dy has shape {shapes['dy']}, which does not fit x and the settings")
    check_sides(layer)
    if count_cells(shapes) > MOST_CELLS or count_triples(layer, shapes) > MOST_TRIPLES:
        raise FormatError(f"explain: the trace has more than {MOST_CELLS:,} cells or {MOST_TRIPLES:,} products")
    request = _request(data)
    if data.get("rest") is None:
        names = _object(data, "request").get("user_arrays", [])
        request = replace(request, user_arrays={name: inputs[name] for name in inputs if name in names})
    selection = _selection(_object(data, "selection"), everything(shapes))
    rest, source = _rest(data.get("rest"), layer, inputs), _source(data.get("source"))
    return Fields(layer, request, inputs, selection, rest, source)


def _request(data: Mapping[str, Any]) -> Request:
    """The request in the trace, which must be for the same operation."""
    request = _object(data, "request")
    if request.get("op") != data["op"]:
        raise FormatError(f"explain: a trace of {data['op']} has a request for {request.get('op')!r:.40}")
    return request_from_page(request)


def _in_range(values: Array) -> bool:
    """True if all values are finite, and so small that sums of their products are also finite."""
    return bool((np.abs(values) <= MOST_SIZE).all())


def _arrays(data: Mapping[str, Any]) -> Arrays:
    arrays = {}
    for name, entry in data.items():
        if name not in ARRAYS:
            continue
        shape, values = entry["shape"], np.array(entry["values"], np.float64)
        if not all(type(size) is int and size > 0 for size in shape) or values.ndim != 1:
            raise FormatError(f"explain: {name} has shape {shape!r:.80}; positive ints and a flat list are needed")
        if int(np.prod(shape, dtype=object)) != values.size or not _in_range(values):
            raise FormatError(
                f"explain: {name} has {values.size} values; finite numbers up to {MOST_SIZE:g} that fill {shape!r:.80} "
                "are needed"
            )
        arrays[name] = values.reshape(shape)
    return arrays


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise FormatError(f"explain: {name} must be an object; got {type(value).__name__}")
    return value


def _selection(data: Mapping[str, Any], shown: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The indices, in the whole layer, of the samples and channels that are shown. The length of each list must equal
    the size of the axis in the arrays.
    """
    for name, numbers in shown.items():
        value = data.get(name)
        if not isinstance(value, list) or len(value) != len(numbers) or not all(type(i) is int for i in value):
            raise FormatError(f"explain: selection[{name!r}] must be a list of {len(numbers)} ints; got {value!r:.80}")
    return {name: list(data[name]) for name in shown}


def _rest(data: Any, layer: Layer, inputs: Arrays) -> Arrays | None:
    if data is None:
        return None
    shapes = {"y": inputs["dy"].shape, "dx": inputs["x"].shape}
    shapes |= {"dw": inputs["w"].shape} if "w" in inputs else {}
    shapes |= {"db": inputs["b"].shape} if "b" in inputs else {}
    rest = {}
    for name, values in data.items():
        if name in _RESULTS:
            rest[name] = np.array(values, np.float64).reshape(shapes[name])
            if not _in_range(np.sqrt(np.abs(rest[name]))):  # the values are sums of products
                raise FormatError(f"explain: rest[{name!r}] holds NaN, infinite or too large values")
    return rest


def _source(data: Any) -> dict[str, str] | None:
    if not isinstance(data, Mapping):
        return None
    return {_text(name)[:40]: _text(value)[:400] for name, value in data.items()}


def _text(value: Any) -> str:
    """Convert to a string that UTF-8 can encode: strings in JSON may contain half of a surrogate pair."""
    return str(value).encode("utf-8", "replace").decode()


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


# ---- NPZ: the arrays by name, and the trace as JSON ----

_TEXT = "trace.json"


def to_npz(data: Mapping[str, Any], arrays: Arrays, triples: Arrays) -> bytes:
    """An NPZ file with the arrays by name, for NumPy, and trace.json, which `from_npz` reads.

    Args:
        data: the plain data of `Trace.as_dict`.
        arrays: `Trace.arrays`.
        triples: `Trace.triples`.
    """
    file = io.BytesIO()
    named: dict[str, Any] = {**arrays, **{f"triples_{name}": a for name, a in triples.items()}}
    np.savez_compressed(file, **named)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_TEXT, json.dumps({**data, "triples": {}, "views": {}}))
    return file.getvalue()


def from_npz(data: bytes) -> Fields:
    """Read the fields of a trace from the bytes of `to_npz`. Raises FormatError for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = archive.getinfo(_TEXT)
            if entry.file_size > MOST_BYTES:
                raise FormatError(f"explain: {_TEXT} has {entry.file_size:,} bytes; at most {MOST_BYTES:,} are read")
            with archive.open(entry) as file:
                text = file.read(MOST_BYTES + 1)
    except FormatError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise FormatError(f"explain: this is not an NPZ file with a trace: {error}") from error
    return from_json(text)


# ---- files ----


def save(path: atomic.Name, data: Mapping[str, Any], arrays: Arrays, triples: Arrays) -> None:
    """Write a trace as JSON or NPZ, depending on the suffix of the path. An existing file is replaced atomically."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".json", ".npz"):
        raise ExplainError(f"explain: {os.fspath(path)}: the name of a trace must end in .json or .npz")
    atomic.write_bytes(path, to_npz(data, arrays, triples) if suffix == ".npz" else to_json(data).encode())


def load(path: atomic.Name) -> Fields:
    """Read the fields of a trace that `save` wrote. Raises FileNotFoundError or FormatError."""
    file = Path(path)
    if file.stat().st_size > MOST_BYTES:
        raise FormatError(f"explain: {file} has more than {MOST_BYTES:,} bytes")
    data = file.read_bytes()
    try:
        return from_npz(data) if data[:2] == b"PK" else from_json(data)
    except FormatError as error:
        raise FormatError(f"{file}: {error}") from error
