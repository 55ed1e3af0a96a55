"""Reading files from tar archives of any format; hostile entries have no effect."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from rot180 import FormatError
from rot180.data import tar
from rot180.data.tar import read_members

from .sample_files import tar_bytes

FILES = {"a.bin": b"x" * 700, "b.bin": b"", "c.bin": b"y" * 1024, "other": b"z" * 9}


def archive(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("style", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_read_from_every_format_of_tar(tmp_path: Path, mode: str, style: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=style) as file:  # type: ignore[call-overload]
        for name, data in FILES.items():
            info = tarfile.TarInfo(f"folder/{name}")
            info.size, info.mtime, info.uname = len(data), 1.5 if style == tarfile.PAX_FORMAT else 1, "é" * 9
            file.addfile(info, io.BytesIO(data))
    found = read_members("op", archive(tmp_path, buffer.getvalue()), ("a.bin", "b.bin", "c.bin", "absent"))
    assert {name: cells.tobytes() for name, cells in found.items()} == {name: FILES[name] for name in list(FILES)[:3]}


def test_nothing_is_written_and_only_regular_files_count(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, kind in (("a.bin", tarfile.SYMTYPE), ("b.bin", tarfile.DIRTYPE), ("c.bin", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
        info = tarfile.TarInfo("../../../../tmp/d.bin")
        info.size = 3
        file.addfile(info, io.BytesIO(b"abc"))
    path = archive(tmp_path, buffer.getvalue())
    found = read_members("op", path, ("a.bin", "b.bin", "c.bin", "d.bin"))
    assert {name: cells.tobytes() for name, cells in found.items()} == {"d.bin": b"abc"}
    assert [*tmp_path.iterdir()] == [path]


def header(size: bytes, name: bytes = b"a.bin") -> bytes:
    block = bytearray(512)
    block[: len(name)], block[124 : 124 + len(size)], block[148:156], block[156] = name, size, b" " * 8, ord("0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a tar archive" * 100, "a.tar is not a tar archive, or is damaged"),
        (header(b"zzz"), "is not a tar archive, or is damaged"),
        (header(b"-777"), "is not a tar archive, or is damaged"),
        (header(b"\x80" + b"\xff" * 11), "is not a tar archive, or is damaged"),
        (header(b"77777777777"), "the entry 'a.bin' of 8,589,934,591 bytes is larger than the file can hold"),
        (header(b"1000") + b"x" * 511, "is larger than the file can hold"),
        (tar_bytes({"a.bin": b"x" * 9000})[:-8], "is damaged or truncated gzip"),
        (tar_bytes({"a.bin": b"1"}, "w")[:1024] + tar_bytes({"a.bin": b"2"}, "w"), "has two files named a.bin"),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"^op: .*{message}"):
        read_members("op", archive(tmp_path, data), ("a.bin",))


def test_a_file_that_ends_within_a_member_is_refused(tmp_path: Path) -> None:
    import gzip

    data = gzip.compress(tar_bytes({"a.bin": b"x" * 5000}, "w")[:3000])  # a whole gzip file of a part of an archive
    with pytest.raises(FormatError, match=r"op: .* is truncated within a.bin"):
        read_members("op", archive(tmp_path, data), ("a.bin",))


def test_no_more_than_the_limit_is_decompressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MAX_BYTES", 10_000)
    path = archive(tmp_path, tar_bytes({"other": b"x" * 9000, "a.bin": b"y" * 9000}))
    with pytest.raises(
        FormatError, match=r"the entry 'a.bin' of 9,000 bytes is larger than .* or larger than 10,000 bytes"
    ):
        read_members("op", path, ("a.bin",))
    with pytest.raises(FormatError, match=r"op: .*: other has more than 8,999 bytes"):
        read_members("op", path, ("other",), 8999)
