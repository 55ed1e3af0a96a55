"""Reading the user's numbers from CSV and .npy files."""

import numpy as np
import pytest

from rot180.errors import FormatError
from rot180.explain.number_files import parse_numbers, read_numbers


def test_numbers_are_parsed_from_text():
    assert parse_numbers("1,2,3\n4,5,6\n").tolist() == [[1, 2, 3], [4, 5, 6]]
    assert parse_numbers("\n1; 2;\n3\t-4.5\n\n").tolist() == [[1, 2], [3, -4.5]]
    assert parse_numbers("1 2\n3 4\n\n\n5 6\n7 8").tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "every channel must have the same number of rows, at least one"),
        ("1 2\n\n1 2\n3 4", "every channel must have the same number of rows"),
        ("1,2\n3", "line 2 has 1 numbers; the first row has 2"),
        ("1,2\n3,x", "line 2 is not a row of numbers: '3,x'"),
        ("1,,2", "line 1 is not a row of numbers"),
    ],
)
def test_invalid_text_raises_an_error(text, message):
    with pytest.raises(FormatError, match=message):
        parse_numbers(text)


def test_numbers_are_read_from_files(tmp_path):
    (tmp_path / "x.csv").write_text("\ufeff1,2\r\n3,4\r\n", "utf-8")
    assert read_numbers(tmp_path / "x.csv").tolist() == [[1, 2], [3, 4]]
    np.save(tmp_path / "x.npy", np.arange(4, dtype=np.int8).reshape(2, 2))
    assert read_numbers(tmp_path / "x.npy").tolist() == [[0, 1], [2, 3]]
    np.save(tmp_path / "o.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(FormatError, match=r"o.npy is not a .npy file of numbers"):
        read_numbers(tmp_path / "o.npy")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"b.csv: "):
        read_numbers(tmp_path / "b.csv")
    (tmp_path / "l.csv").write_bytes(b"1 " * (1 << 22))
    with pytest.raises(FormatError, match="has more than 4,194,304 bytes"):
        read_numbers(tmp_path / "l.csv")
    with pytest.raises(FileNotFoundError):
        read_numbers(tmp_path / "none.csv")
