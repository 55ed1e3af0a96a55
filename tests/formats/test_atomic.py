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
from tests.special_files import FULL, NULL, Pipe, is_device, make_device, make_socket

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


def test_if_one_file_fails_none_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"old")
    sync, calls = os.fsync, []

    def fail_on_the_third(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_on_the_third)
    with pytest.raises(WriteError, match=r"cannot write .*c: Disk quota exceeded; no file was changed"):
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
def test_permissions_are_the_usual_ones_or_those_of_the_old_file(tmp_path: Path) -> None:
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


# ---- devices, pipes, sockets and open descriptors ----

needs_pipes = pytest.mark.skipif(not posix, reason="named pipes are POSIX's")


def test_a_device_is_written_and_stays_a_device(tmp_path: Path) -> None:
    null = make_device(tmp_path / "null", NULL)
    atomic.write_text(null, "text")
    assert is_device(null, NULL)
    assert names(tmp_path) == ["null"]


def test_a_link_to_a_device_is_followed(tmp_path: Path) -> None:
    null = make_device(tmp_path / "null", NULL)
    (tmp_path / "link").symlink_to("null")
    atomic.write_text(tmp_path / "link", "text")
    assert is_device(null, NULL) and (tmp_path / "link").is_symlink()


def test_a_device_that_refuses_is_a_write_error_without_a_claim_on_files(tmp_path: Path) -> None:
    full = make_device(tmp_path / "full", FULL)
    with pytest.raises(WriteError, match=r"cannot write .*full: No space left on device$"):
        atomic.write_text(full, "text")
    assert is_device(full, FULL)


@needs_pipes
def test_a_pipe_gets_all_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    atomic.write_bytes(pipe.path, bytes(range(256)) * 1000)  # more than a pipe holds
    assert pipe.read() == bytes(range(256)) * 1000
    assert names(tmp_path) == ["pipe"]


@needs_pipes
def test_a_pipe_without_its_reader_is_a_write_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    open_file = os.open

    def close_reader_after_open(*words: object) -> int:
        descriptor = open_file(*words)  # type: ignore[arg-type]
        os.close(reader)
        return descriptor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", close_reader_after_open)
        with pytest.raises(WriteError, match=r"cannot write .*pipe: Broken pipe$"):
            atomic.write_text(tmp_path / "pipe", "text")


@needs_pipes
def test_a_socket_is_refused(tmp_path: Path) -> None:
    with make_socket(tmp_path / "socket"), pytest.raises(WriteError, match=r"socket: Is a socket; no file was changed"):
        atomic.write_text(tmp_path / "socket", "text")
    assert (tmp_path / "socket").is_socket()


@needs_pipes
def test_files_and_pipes_are_written_together(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    atomic.write_files({tmp_path / "a": b"1", pipe.path: b"2", tmp_path / "b": b"3"})
    assert pipe.read() == b"2"
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"1", b"3")


def test_a_device_that_refuses_leaves_the_files_beside_it(tmp_path: Path) -> None:
    full = make_device(tmp_path / "full", FULL)
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(WriteError, match=r"full: No space left on device$"):
        atomic.write_files({full: b"new", tmp_path / "a": b"new", tmp_path / "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a", "full"]


@needs_pipes
def test_a_file_that_cannot_be_written_leaves_the_pipe_beside_it_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # without a reader: opening it would wait for ever
    with pytest.raises(WriteError, match=r"missing.a: No such file or directory; no file was changed"):
        atomic.write_files({tmp_path / "pipe": b"new", tmp_path / "missing" / "a": b"new"})


def test_the_message_makes_no_claim_after_the_first_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def fail_on_b(source: Path, target: Path) -> None:
        if target.name == "b":
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_on_b)
    with pytest.raises(WriteError, match=r"b: Input/output error$"):
        atomic.write_files({tmp_path / "a": b"new", tmp_path / "b": b"new"})
    assert names(tmp_path) == ["a"]


OWN_STREAM = """
import sys
from rot180.formats import atomic
print("before")
atomic.write_text(sys.argv[1], "written\\n")
print("after")
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="/proc/self/fd is Linux's")
@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_output_is_written_at_its_position(tmp_path: Path, kind: str) -> None:
    link = tmp_path / "stdout"  # a link as /dev/stdout is one, so that a mistake cannot harm the machine's
    link.symlink_to("/proc/self/fd/1")
    out = tmp_path / "out"
    out.write_text("first\n")
    inode = out.stat().st_ino
    with open(out, "a") as file:
        stdout = subprocess.PIPE if kind == "pipe" else file
        run = subprocess.run([sys.executable, "-c", OWN_STREAM, str(link)], stdout=stdout, text=True, check=True)
    written = "before\nwritten\nafter\n"
    assert (run.stdout if kind == "pipe" else out.read_text()) == (written if kind == "pipe" else f"first\n{written}")
    assert out.stat().st_ino == inode and link.is_symlink()
    assert names(tmp_path) == ["out", "stdout"]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="/proc/self/fd is Linux's")
def test_an_open_descriptor_is_written_at_its_position_and_a_closed_one_is_an_error(tmp_path: Path) -> None:
    with open(tmp_path / "a", "wb") as file:
        file.write(b"first ")
        file.flush()
        atomic.write_text(f"/proc/self/fd/{file.fileno()}", "second")
        closed = file.fileno()
    assert (tmp_path / "a").read_bytes() == b"first second"
    with pytest.raises(WriteError, match=rf"cannot write /proc/self/fd/{closed}: Bad file descriptor$"):
        atomic.write_text(f"/proc/self/fd/{closed}", "third")
    assert names(tmp_path) == ["a"]


def test_make_folder_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(WriteError, match=r"cannot write .*a: Not a directory; no file was changed"):
        atomic.make_folder(tmp_path / "a")


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
    assert run.stdout == f"cannot write {path}: File too large; no file was changed\n"
    assert names(tmp_path) == ["model.safetensors"]
    assert safetensors.load(path)["w"].shape == (1000,)
