"""Named arrays go to a file and come back; damaged and hostile files get an error that names them."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import DtypeError, FormatError
from rot180.formats import safetensors

CELLS = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
LAYOUTS = {
    "plain": CELLS,
    "transposed": CELLS.T,
    "strided": CELLS[:, ::2, 1::2],
    "reversed": CELLS[::-1, :, ::-1],
    "broadcast": np.broadcast_to(CELLS[0, 0], (3, 4)),
    "fortran": np.asfortranarray(CELLS),
    "0-d": np.array(3.5),
    "0-d of an array": CELLS[1, 2, 3, ...],
    "empty": np.zeros((0, 3), np.float32),
    "big-endian": np.arange(5, dtype=">f8"),
    "big-endian reversed": np.arange(6, dtype=">i2").reshape(2, 3)[:, ::-1],
    "bool": np.array([True, False]),
    "half": np.array([1.5], np.float16),
    "int64": np.array([-(2**62)]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_memory_layout_is_saved_correctly(tmp_path: Path, layout: str) -> None:
    a = LAYOUTS[layout]
    before = a.copy()
    safetensors.save({"w": a, "more": CELLS}, tmp_path / "f")
    back = safetensors.load(tmp_path / "f")
    assert list(sorted(back)) == ["more", "w"]
    assert back["w"].dtype == a.dtype.newbyteorder("=")
    assert back["w"].shape == a.shape
    np.testing.assert_array_equal(back["w"], before)
    np.testing.assert_array_equal(a, before)
    assert back["w"].flags.writeable
    assert back["w"].flags.c_contiguous


def test_tensors_are_saved_with_and_without_gradient(tmp_path: Path) -> None:
    t = rot180.tensor([[1, 2], [3, 4]], requires_grad=True)
    safetensors.save({"leaf": t, "computed": (t * 2).T}, tmp_path / "f")
    back = safetensors.load(tmp_path / "f")
    np.testing.assert_array_equal(back["leaf"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(back["computed"], [[2, 6], [4, 8]])


def test_the_same_arrays_give_the_same_bytes() -> None:
    assert safetensors.dumps(LAYOUTS) == safetensors.dumps(dict(reversed(LAYOUTS.items())))


def test_arrays_are_sorted_by_name(tmp_path: Path) -> None:
    names = [f"{i:02}" for i in range(40)]
    safetensors.save({name: CELLS for name in reversed(names)}, tmp_path / "a")
    assert list(safetensors.load(tmp_path / "a")) == names


def test_metadata_is_read_back(tmp_path: Path) -> None:
    safetensors.save({"w": CELLS}, tmp_path / "f", {"epoch": "3"})
    assert safetensors.load_metadata(tmp_path / "f") == {"epoch": "3"}
    safetensors.save({"w": CELLS}, tmp_path / "f")
    assert safetensors.load_metadata(tmp_path / "f") == {}


LONG = [] if np.longdouble is np.float64 or np.finfo(np.longdouble).bits == 64 else [np.zeros(1, np.longdouble)]


@pytest.mark.parametrize("array", [np.array([1 + 2j]), np.array(["a"]), np.array([None]), *LONG])
def test_unsupported_dtypes_are_refused(tmp_path: Path, array: Any) -> None:
    with pytest.raises(DtypeError, match=r"save: .*(w|dtype)"):
        safetensors.save({"w": array}, tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (safetensors.load, safetensors.load_metadata):
        with pytest.raises(FileNotFoundError, match=r"load: there is no file .*absent; the current folder is"):
            read(tmp_path / "absent")


def file_of(header: Any, cells: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + cells


def one(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


HOSTILE = {
    "empty file": b"",
    "three bytes": b"abc",
    "huge header length": struct.pack("<Q", 2**62) + b"{}",
    "header of a gigabyte": struct.pack("<Q", 10**9) + b"{}",
    "header of all bits": b"\xff" * 64,
    "not JSON": file_of(b"hello world"),
    "JSON of another kind": file_of([1, 2]),
    "deeply nested": file_of(b"[" * 100_000),
    "beyond the end": file_of({"a": one([4], 0, 16)}, bytes(8)),
    "overlapping": file_of({"a": one([2], 0, 8), "b": one([2], 4, 12)}, bytes(12)),
    "negative offset": file_of({"a": one([2], -8, 0)}),
    "end before start": file_of({"a": one([2], 8, 0)}, bytes(8)),
    "gap": file_of({"a": one([1], 4, 8)}, bytes(8)),
    "bytes to spare": file_of({"a": one([1], 0, 4)}, bytes(8)),
    "same name twice": file_of(b'{"a":%b,"a":%b}' % ((json.dumps(one([1], 0, 4)).encode(),) * 2), bytes(8)),
    "shape against offsets": file_of({"a": one([3], 0, 8)}, bytes(8)),
    "cells overflow": file_of({"a": one([2**40, 2**40], 0, 8)}, bytes(8)),
    "nothing times too much": file_of({"a": one([0, 2**62, 2**62], 0, 0)}),
    "100 axes": file_of({"a": one([1] * 100, 0, 4)}, bytes(4)),
    "unknown dtype": file_of({"a": one([1], 0, 4, "F33")}, bytes(4)),
    "dtype that NumPy lacks": file_of({"a": one([2], 0, 4, "BF16")}, bytes(4)),
    "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00cposix\nsystem\n.",
    "zip": b"PK\x03\x04" + bytes(60),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_another_format_is_an_error_with_the_file_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f.safetensors"
    path.write_bytes(HOSTILE[kind])
    with pytest.raises(FormatError, match=r"^load: .*f\.safetensors "):
        safetensors.load(path)


def test_a_file_cut_anywhere_is_a_format_error(tmp_path: Path) -> None:
    whole = safetensors.dumps({"a": CELLS, "b": np.array(1.0)})
    path = tmp_path / "f.safetensors"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError, match=r"f\.safetensors"):
            safetensors.load(path)


def test_a_changed_byte_in_the_header_never_crashes(tmp_path: Path) -> None:
    whole = bytearray(safetensors.dumps({"a": CELLS, "b": np.array(1.0)}))
    rng = np.random.default_rng(0)
    path = tmp_path / "f.safetensors"
    refused = 0
    for _ in range(300):
        changed = whole.copy()
        changed[rng.integers(0, len(whole) - CELLS.nbytes - 8)] = rng.integers(256)
        path.write_bytes(changed)
        try:
            safetensors.load(path)
        except FormatError:
            refused += 1
    assert refused > 200


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    safetensors.save({"a": CELLS}, path)
    with pytest.raises(FormatError, match=r"bytes; at most 50 are read \(max_bytes\)"):
        safetensors.load(path, max_bytes=50)
    with open(path, "wb") as file:  # sparse: takes no room on the disk
        file.truncate(safetensors.MAX_BYTES + 1)
    with pytest.raises(FormatError, match=r"at most 4,294,967,296 are read"):
        safetensors.load(path)


def test_a_header_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", 1 << 25))
        file.truncate(1 << 26)
    with pytest.raises(FormatError, match=r"header of 33,554,432 bytes; at most 16,777,216"):
        safetensors.load(path)
    with pytest.raises(FormatError, match=r"header of 33,554,432 bytes"):
        safetensors.load_metadata(path)


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is a folder; a safetensors file is needed"):
        safetensors.load(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FormatError, match="is not a regular file"):
            safetensors.load(tmp_path / "pipe")


@pytest.mark.peers
def test_files_are_exchanged_with_pytorch(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    arrays = {name: a for name, a in LAYOUTS.items() if a.dtype.isnative}
    safetensors.save(arrays, tmp_path / "ours")
    theirs = load_file(tmp_path / "ours")
    assert sorted(theirs) == sorted(arrays)
    for name, a in arrays.items():
        np.testing.assert_array_equal(theirs[name].numpy(), a)
    save_file({"w": torch.arange(6.0).reshape(2, 3)}, tmp_path / "torch's")
    np.testing.assert_array_equal(safetensors.load(tmp_path / "torch's")["w"], np.arange(6.0).reshape(2, 3))
