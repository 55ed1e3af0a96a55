"""IDX files: every dtype and rank round-trips; files that do not match their header are refused."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180 import FormatError
from rot180.data import read_idx

from .sample_files import IDX_CODES, idx_bytes

CELLS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
DATA = idx_bytes(CELLS)


def gzipped(data: bytes) -> bytes:
    """gzip data without a time stamp, which would become part of the names of tests."""
    return gzip.compress(data, mtime=0)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", IDX_CODES)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 0, 3), (3, 1, 2, 2, 2)])
def test_every_dtype_and_rank_comes_back(tmp_path: Path, dtype: str, shape: tuple[int, ...], packed: bool) -> None:
    array = (np.random.default_rng(0).normal(size=shape) * 100).astype(dtype)
    data = idx_bytes(array)
    got = read_idx(written(tmp_path / "a", gzipped(data) if packed else data))
    assert got.dtype == array.dtype
    assert got.dtype.isnative
    assert got.flags.writeable
    np.testing.assert_array_equal(got, array)


def test_gzip_is_recognized_by_its_bytes(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_idx(written(tmp_path / "a.gz", DATA)), CELLS)
    np.testing.assert_array_equal(read_idx(written(tmp_path / "a.bin", gzipped(DATA))), CELLS)
    np.testing.assert_array_equal(read_idx(written(tmp_path / "b", gzipped(DATA[:9]) + gzipped(DATA[9:]))), CELLS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an IDX file: it begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "is not an IDX file: it begins with 89 50 4e 47; 00 00, a dtype"),
        (b"\0\0\x07\1" + bytes(8), "is not an IDX file: it begins with 00 00 07 01"),
        (DATA[:9], "is truncated: it ends within the sizes of its 3 axes"),
        (DATA[:-1], r"declares shape \(2, 3, 4\) .*, 24 bytes, but the file can hold at most 23: it is truncated"),
        (DATA + b"!", "is longer than the 24 bytes of cells that its header declares"),
        (gzipped(DATA[:-1]), "is truncated: shape .* of uint8 needs 24 bytes of cells; it has 23"),
        (gzipped(DATA + b"!"), "is longer than the 24 bytes"),
        (gzipped(DATA)[:-9], "is damaged or truncated gzip"),
        (gzipped(DATA)[:-5] + b"xxxxx", "is damaged or truncated gzip: CRC check failed"),
        (gzipped(DATA) + b"trailing", "is damaged or truncated gzip: Not a gzipped file"),
        (b"\0\0\x08\xff" + bytes(4 * 255), "declares an array of 255 axes; at most 32 are read"),
        (
            b"\0\0\x08\2" + b"\xff" * 8,
            r"declares shape \(4294967295, 4294967295\) of uint8, .* limit of 1,073,741,824",
        ),
        (b"\0\0\x08\3" + b"\xff" * 8 + bytes(4), "declares shape .* 0\\) of uint8, .* limit of 1,073,741,824"),
        (
            gzipped(b"\0\0\x08\1" + struct.pack(">I", 1 << 29)),
            "declares .* 536,870,912 bytes, but the file can hold at most",
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"^read_idx: .*a.idx {message}"):
        read_idx(written(tmp_path / "a.idx", data))


def test_a_limit_may_be_given(tmp_path: Path) -> None:
    path = written(tmp_path / "a", DATA)
    np.testing.assert_array_equal(read_idx(path, max_bytes=40), CELLS)
    with pytest.raises(FormatError, match=r"read_idx: .* has more than 39 bytes"):
        read_idx(path, max_bytes=39)
    with pytest.raises(FormatError, match=r"shape \(100,\) of uint8, which is invalid or above the limit of 99 bytes"):
        read_idx(written(tmp_path / "b", gzipped(idx_bytes(np.zeros(100, np.uint8)))), max_bytes=99)


def test_no_more_is_decompressed_than_the_header_declares(tmp_path: Path) -> None:
    bomb = gzipped(DATA + bytes(1 << 25))
    path = written(tmp_path / "bomb", bomb)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="is longer than the 24 bytes"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_folders_and_pipes_are_refused_without_blocking(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"read_idx: there is no file .*absent"):
        read_idx(tmp_path / "absent")
    with pytest.raises(FormatError, match=r"read_idx: .* is not a regular file"):
        read_idx(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="pipe is not a regular file"):
        read_idx(tmp_path / "pipe")


def test_the_real_files_are_read(data_dir: Path) -> None:
    labels: Any = read_idx(data_dir / "mnist" / "t10k-labels-idx1-ubyte.gz")
    assert (labels.shape, labels.dtype, labels[:5].tolist()) == ((10000,), np.uint8, [7, 2, 1, 0, 4])
