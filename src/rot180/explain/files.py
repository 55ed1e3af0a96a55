"""Traces on the disk: JSON and NPZ, out and in again.

What is read is the layer, its numbers and what was asked for; the results, the triples and all else are worked out
anew. A file from a stranger is checked before anything is made of it: it gets a FormatError, never a huge allocation.
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
from typing import Any

import numpy as np

from ..errors import FormatError, Rot180Error
from ..formats import atomic
from ..window import hashable
from .errors import ExplainError
from .flat import count_triples
from .limits import MOST_CELLS, MOST_TRIPLES, check_sides, count_cells, everything
from .operations import Array, Arrays, Layer, find
from .record import FORMAT, VERSION, Trace
from .request import ARRAYS, MOST_SIZE, Request, from_page

MOST_BYTES = 1 << 25
_RESULTS = ("y", "dx", "dw", "db")


def from_json(text: str | bytes) -> Trace:
    """The trace that `Trace.to_json` wrote; FormatError that says what is wrong."""
    if len(text) > MOST_BYTES:
        raise FormatError(f"explain: a trace has at most {MOST_BYTES:,} bytes; got {len(text):,}")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"explain: this is not JSON: {error}") from error
    return from_dict(data)


def from_dict(data: Any) -> Trace:
    """The trace that `Trace.as_dict` gave."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise FormatError(f"explain: this is no trace: it has no format {FORMAT!r}")
    if data.get("version") != VERSION:
        raise FormatError(f"explain: this trace has version {data.get('version')!r:.40}; this rot180 reads {VERSION}")
    try:
        arrays = _arrays(_object(data, "arrays"))
        return _assembled(data, arrays)
    except FormatError:
        raise
    except (Rot180Error, TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise FormatError(f"explain: this trace does not hold together: {error}") from error


def _assembled(data: Mapping[str, Any], arrays: Arrays) -> Trace:
    operation = find(data.get("op"))
    settings = dict(_object(data, "settings"))
    bias, kernel = bool(settings.pop("bias", False)), settings.pop("kernel", None)
    given = {name: arrays[name] for name in ARRAYS if name in arrays}
    needed = ["x", "dy"] if operation.pools else ["x", "w", "dy"] + ["b"] * bias
    if list(given) != [name for name in ARRAYS if name in needed]:
        raise FormatError(f"explain: a trace of {operation.name} needs the arrays {', '.join(needed)}")
    w_shape = (1, 1, *map(int, kernel)) if operation.pools else given["w"].shape
    fixed = {name: hashable(value) for name, value in settings.items() if name in operation.settings}
    layer = Layer.made(operation, given["x"].shape, w_shape, given["b"].shape if bias else None, fixed)
    shapes = {name: array.shape for name, array in given.items()}
    outputs = shapes["x"][1] if operation.pools else shapes["w"][1 if operation.transposed else 0]
    outputs *= layer.window.groups if operation.transposed else 1
    if shapes["dy"] != (shapes["x"][0], outputs, *layer.y_size):
        raise FormatError(f"explain: dy has shape {shapes['dy']}, which does not fit x and the settings")
    check_sides(layer)
    if count_cells(shapes) > MOST_CELLS or count_triples(layer, shapes) > MOST_TRIPLES:
        raise FormatError(f"explain: this trace has more than {MOST_CELLS:,} cells or {MOST_TRIPLES:,} products")
    request = _request(data)
    if data.get("rest") is None:
        own = _object(data, "request").get("given", [])
        request = replace(request, given={name: given[name] for name in given if name in own})
    pictured = _pictured(_object(data, "pictured"), everything(shapes))
    return Trace(layer, request, given, pictured, _rest(data.get("rest"), layer, given), _source(data.get("source")))


def _request(data: Mapping[str, Any]) -> Request:
    """What was asked for: of the operation that the trace is of."""
    asked = _object(data, "request")
    if asked.get("op") != data["op"]:
        raise FormatError(f"explain: a trace of {data['op']} has a request for {asked.get('op')!r:.40}")
    return from_page(asked)


def _fine(values: Array) -> bool:
    """Finite, and small enough that the sums of their products are."""
    return bool((np.abs(values) <= MOST_SIZE).all())


def _arrays(data: Mapping[str, Any]) -> Arrays:
    arrays = {}
    for name, entry in data.items():
        if name not in ARRAYS:
            continue
        shape, values = entry["shape"], np.array(entry["values"], np.float64)
        if not all(type(size) is int and size > 0 for size in shape) or values.ndim != 1:
            raise FormatError(f"explain: {name} has shape {shape!r:.80}; positive ints and a flat list are needed")
        if int(np.prod(shape, dtype=object)) != values.size or not _fine(values):
            raise FormatError(
                f"explain: {name} has {values.size} values, which must be finite and fill {shape!r:.80}"
                f", with none over {MOST_SIZE:g}"
            )
        arrays[name] = values.reshape(shape)
    return arrays


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    if not isinstance(found, Mapping):
        raise FormatError(f"explain: {name} must be an object; got {type(found).__name__}")
    return found


def _pictured(data: Mapping[str, Any], whole: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The numbers of samples and channels in the whole layer: as many as there are here."""
    for name, numbers in whole.items():
        found = data.get(name)
        if not isinstance(found, list) or len(found) != len(numbers) or not all(type(i) is int for i in found):
            raise FormatError(f"explain: pictured[{name!r}] must be a list of {len(numbers)} ints; got {found!r:.80}")
    return {name: list(data[name]) for name in whole}


def _rest(data: Any, layer: Layer, given: Arrays) -> Arrays | None:
    if data is None:
        return None
    shapes = {"y": given["dy"].shape, "dx": given["x"].shape}
    shapes |= {"dw": given["w"].shape} if "w" in given else {}
    shapes |= {"db": given["b"].shape} if "b" in given else {}
    rest = {}
    for name, values in data.items():
        if name in _RESULTS:
            rest[name] = np.array(values, np.float64).reshape(shapes[name])
            if not _fine(np.sqrt(np.abs(rest[name]))):  # they are sums of products
                raise FormatError(f"explain: rest[{name!r}] holds NaN, infinite or too large values")
    return rest


def _source(data: Any) -> dict[str, str] | None:
    if not isinstance(data, Mapping):
        return None
    return {_text(name)[:40]: _text(value)[:400] for name, value in data.items()}


def _text(value: Any) -> str:
    """As text that can be written: JSON may hold half of a surrogate pair, UTF-8 may not."""
    return str(value).encode("utf-8", "replace").decode()


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


# ---- NPZ: the arrays by name, and beside them the trace as text ----

_TEXT = "trace.json"


def to_npz(trace: Trace) -> bytes:
    """The arrays by their names, as NumPy reads them, and trace.json, from which the trace is read again."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {**trace.arrays, **{f"triples_{name}": a for name, a in trace.triples.items()}}
    np.savez_compressed(file, **arrays)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_TEXT, json.dumps(trace.as_dict() | {"triples": {}, "views": {}}))
    return file.getvalue()


def from_npz(data: bytes) -> Trace:
    """The trace that `to_npz` wrote; FormatError that says what is wrong."""
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
        raise FormatError(f"explain: this is no NPZ of a trace: {error}") from error
    return from_json(text)


def save(trace: Trace, path: atomic.Name) -> None:
    """Write a trace, as JSON or NPZ by the file's ending; whole or not at all."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".json", ".npz"):
        raise ExplainError(f"explain: {os.fspath(path)}: a trace is saved as .json or .npz")
    atomic.write_bytes(path, to_npz(trace) if suffix == ".npz" else trace.to_json().encode())


def load(path: atomic.Name) -> Trace:
    """Read a trace that `save` wrote; FileNotFoundError, or FormatError that says what is wrong."""
    file = Path(path)
    if file.stat().st_size > MOST_BYTES:
        raise FormatError(f"explain: {file} has more than {MOST_BYTES:,} bytes")
    data = file.read_bytes()
    try:
        return from_npz(data) if data[:2] == b"PK" else from_json(data)
    except FormatError as error:
        raise FormatError(f"{file}: {error}") from error
