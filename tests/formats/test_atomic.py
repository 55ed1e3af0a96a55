"""Files appear whole or not at all, whatever goes wrong in between."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rot180.formats import WriteError, atomic

posix = os.name == "posix"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_all_its_bytes(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / "a", bytes(range(256)) * 1000)
    assert (tmp_path / "a").read_bytes() == bytes(range(256)) * 1000
    assert names(tmp_path) == ["a"]


def test_text_is_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "a", "ü\r\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xbc\r\n"


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, error: BaseException
) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise error

    if fails == "write":
        monkeypatch.setattr(os, "open", fail)
    else:
        monkeypatch.setattr(os, fails, fail)
    kind = WriteError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(kind):
        atomic.write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model"]


def test_of_several_files_none_is_replaced_if_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"old")
    sync, calls = os.fsync, []

    def fail_on_the_third(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_on_the_third)
    with pytest.raises(WriteError, match=r"cannot write .*c: Disk quota exceeded; what was there before is unchanged"):
        atomic.write_files({tmp_path / name: b"new" for name in "abc"})
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == dict.fromkeys("abc", b"old")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write .*missing.*a: No such file or directory"):
        atomic.write_bytes(tmp_path / "missing" / "a", b"")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(WriteError, match="Is a directory"):
        atomic.write_bytes(tmp_path / "a", b"")
    assert names(tmp_path) == ["a"]


def test_a_very_long_name_is_written(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / ("x" * 250), b"cells")
    assert names(tmp_path) == ["x" * 250]


@pytest.mark.skipif(not posix, reason="permissions are POSIX's")
def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    atomic.write_bytes(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "usual").chmod(0o640)
    atomic.write_bytes(tmp_path / "usual", b"more")
    assert stat.S_IMODE((tmp_path / "usual").stat().st_mode) == 0o640


@pytest.mark.skipif(not posix, reason="links need a right on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    atomic.write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_make_folder_names_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(WriteError, match=r"cannot write .*a.b: Not a directory"):
        atomic.make_folder(tmp_path / "a" / "b")
    assert atomic.make_folder(tmp_path / "c" / "d").is_dir()


FULL_DISK = """
import resource, signal, sys
import numpy as np
from rot180.formats import safetensors
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
safetensors.save({"w": np.zeros(1000)}, sys.argv[1])
try:
    safetensors.save({"w": np.ones(10000)}, sys.argv[1])
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(not posix, reason="RLIMIT_FSIZE is POSIX's")
def test_a_full_disk_leaves_the_old_model_whole(tmp_path: Path) -> None:
    from rot180.formats import safetensors

    path = tmp_path / "model.safetensors"
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == f"cannot write {path}: File too large; what was there before is unchanged\n"
    assert names(tmp_path) == ["model.safetensors"]
    assert safetensors.load(path)["w"].shape == (1000,)
