"""Arrays from files: numbers of every dtype and layout; a header that lies is refused before anything is allocated."""

from __future__ import annotations

import io

import numpy as np
import pytest

from rot180.check.vectors.arrays import MAX_CELLS, array_of, array_of_npy, as_json, as_npy
from rot180.errors import FormatError


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version)
    return buffer.getvalue()


def with_header(header: str, cells: bytes = b"", version: int = 1) -> bytes:
    width = 2 if version == 1 else 4
    return b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(width, "little") + header.encode("latin-1") + cells


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", "|i1", "|u1", "<i2", ">i8", "<u8"])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3, 4)])
def test_arrays_of_every_dtype(version: tuple[int, int], dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    for given in (array, np.array(array, order="F")):
        found = array_of_npy(npy(given, version), "y.npy")
        assert np.array_equal(found, array) and found.shape == shape and found.dtype.isnative
        assert found.dtype == array.dtype.newbyteorder("=")


def test_what_is_written_is_read() -> None:
    array = np.arange(-6.0, 6).reshape(3, 4) / 4
    assert np.array_equal(array_of_npy(as_npy(array), "y"), array)
    assert np.array_equal(array_of(as_json(array), "y"), array)


def test_headers_of_other_writers() -> None:
    header = '{"shape":(2,),\n "fortran_order" : False,"descr":"<f4"}'
    assert array_of_npy(with_header(header, np.float32([1, 2]).tobytes()), "y").tolist() == [1, 2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "y is not a .npy file"),
        (b"\x93NUMPY\x01", "y is not a .npy file"),
        (b"PK\x03\x04 an archive", "y is not a .npy file"),
        (b"\x93NUMPY\x04\x00\x00\x00", "version 4.0 of the .npy format; versions 1.0 to 3.0 are supported"),
        (
            b"\x93NUMPY\x01\x00\xff\xff{",
            r"is truncated: it declares a header of 65,535 bytes, but 1 bytes follow \(the maximum is",
        ),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "it declares a header of 4,294,967,295 bytes"),
        (
            with_header("{" + " " * 20_000 + "}"),
            r"a header of 20,002 bytes, but 20,002 bytes follow \(the maximum is 10,000",
        ),
        (with_header("{}"), "header without a valid 'descr', 'fortran_order' or 'shape'; write float32 or float64"),
        (with_header("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}"), "header without a valid"),
        (with_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "header without a valid"),
        (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "header without a valid"),
        (with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2,)}"), r"an invalid shape .*: \(1 2,\)"),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (,,)}"),
            r"an invalid shape in its .npy header",
        ),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'a': 1}"),
            "header with more than 'descr'",
        ),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\N{NO-BREAK SPACE}", b"\0" * 4),
            "header with more than 'descr', 'fortran_order' and 'shape'",
        ),
        (with_header("__import__('os') {'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"), "header with more"),
        (
            with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
            r"floats or integers; its dtype is '\|O'",
        ),
        (with_header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}"), "its dtype is '<U3'"),
        (with_header("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", b"\1"), r"its dtype is '\|b1'"),
        (with_header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", b"\1" * 8), "its dtype is '<c8'"),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", b"\0" * 8),
            r"declares shape \(3,\) of float32, 12 bytes, but has 8 bytes of cells",
        ),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", b"\0" * 8),
            "4 bytes, but has 8 bytes of cells",
        ),
        (
            with_header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({1 << 40},)}}", b"\0" * 8),
            r"declares shape \(1099511627776,\), which is invalid or has more than 65,536 cells",
        ),
        (
            with_header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': (0, {1 << 62}, {1 << 62})}}"),
            "which is invalid or has more than 65,536 cells",
        ),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}", b"\0" * 4),
            "y has 9 axes; the maximum is 8",
        ),
    ],
)
def test_files_that_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        array_of_npy(data, "y")


@pytest.mark.parametrize(
    "data",
    [
        3,
        {},
        {"shape": [2], "data": [1]},
        {"shape": [1], "data": ["a"]},
        {"shape": [1], "data": [True]},
        {"shape": [1.0], "data": [1]},
        {"shape": [True], "data": [1]},
        {"shape": 1, "data": [1]},
        {"shape": [1], "data": 1},
        {"shape": [1], "data": [10**400]},
    ],
)
def test_descriptions_that_are_refused(data: object) -> None:
    with pytest.raises(FormatError, match="y must be an object with 'shape' and as many numbers in 'data'"):
        array_of(data, "y")


@pytest.mark.parametrize("shape", [[-1], [MAX_CELLS + 1], [0, 1 << 62, 1 << 62]])
def test_sizes_that_are_refused(shape: list[int]) -> None:
    with pytest.raises(FormatError, match=r"y declares shape .*, which is invalid or has more than 65,536 cells"):
        array_of({"shape": shape, "data": []}, "y")
    with pytest.raises(FormatError, match="y has 9 axes; the maximum is 8"):
        array_of({"shape": [1] * 9, "data": [1]}, "y")
