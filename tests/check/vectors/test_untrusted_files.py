"""Files of strangers: regular ones of a bounded size are read, everything else is refused at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rot180.check.vectors.untrusted_files import MAX_BYTES, is_there, read_bytes, read_json, require_folder
from rot180.errors import FormatError


def test_regular_files(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": [1, 2.5, NaN]}')
    assert read_bytes(path) == path.read_bytes()
    assert read_json(path)["a"][:2] == [1, 2.5]
    assert is_there(path) and not is_there(tmp_path / "b") and not is_there(path / "below a file")
    require_folder(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    for name, target in (("zero", "/dev/zero"), ("broken", "nowhere"), ("file", "real"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "real").write_text("{}")
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in ("zero", "broken", "file", "loop", "folder"):
        assert is_there(tmp_path / name)
        with pytest.raises(FormatError, match=rf"vectors\.verify: .*{name} is a symbolic link, which is not followed"):
            read_bytes(tmp_path / name)
    with pytest.raises(FormatError, match="folder is a symbolic link, which is not followed; a folder is needed"):
        require_folder(tmp_path / "folder")


def test_entries_that_are_no_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="pipe is a named pipe; a regular file is needed"):
        read_bytes(tmp_path / "pipe")
    with pytest.raises(FormatError, match="is a folder; a regular file is needed"):
        read_bytes(tmp_path)
    with pytest.raises(FormatError, match="/dev/zero is a device; a regular file is needed"):
        read_bytes(Path("/dev/zero"))
    with pytest.raises(FormatError, match="missing does not exist"):
        read_bytes(tmp_path / "missing")
    with pytest.raises(FormatError, match="missing does not exist"):
        require_folder(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(FormatError, match="file is a regular file; a folder is needed"):
        require_folder(tmp_path / "file")


def test_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(FormatError, match="socket is a socket; a regular file is needed"):
            read_bytes(Path("socket"))


def test_large_files(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(1 << 40)  # without blocks on the disk
    with pytest.raises(FormatError, match=f"large is larger than {MAX_BYTES >> 20} MiB"):
        read_bytes(path)


def test_files_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.touch()
    with pytest.raises(FormatError, match="cannot be read: File name too long"):
        read_bytes(tmp_path / ("a" * 300))
    with pytest.raises(FormatError, match=r"is not a path: .*null"):
        read_bytes(Path("a\0b"))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything
    with pytest.raises(FormatError, match="a cannot be read: Permission denied"):
        read_bytes(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"\xff\xfe\xfd", "is not valid JSON"),
        (b"[" * 100_000, "has more than 100 lists and objects"),
        (b'{"a":' * 100_000, "has more than 100 lists and objects"),
        (b"[" + b"[]," * 1_000_000 + b"[]]", "has more than 100 lists and objects"),
    ],
)
def test_json_that_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(FormatError, match=f"a.json {message}"):
        read_json(path)


def test_long_integers_do_not_take_long(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f"[12345678901234567890, {'9' * 1_000_000}]")
    assert read_json(path) == [12345678901234567890, float("inf")]
