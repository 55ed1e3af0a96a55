"""Downloads from a test server on the loopback interface: complete and verified, or not kept."""

from __future__ import annotations

import hashlib
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rot180 import MissingExtraError
from rot180.data import DownloadError, download, downloads, mnist

from .sample_files import write_mnist

FILES = {"a.gz": b"\x1f\x8b" + b"a" * 300_000, "b.bin": b"b" * 5000}
SHA256 = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}


class Server(ThreadingHTTPServer):
    """Serves `files` in a certain `manner`, and records the requests in `asked`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.manner, self.asked = dict(FILES), "whole", list[str]()
        self.address = f"http://127.0.0.1:{self.server_port}/sets/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect, which some tests provoke."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/sets/")
        self.server.asked.append(name)
        data, manner = self.server.files.get(name), self.server.manner
        if data is None or manner == "error":
            self.send_error(404 if data is None else 503)
            return
        self.send_response(200)
        if manner != "endless":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if manner in ("whole", "endless"):
            self.wfile.write(data)
            while manner == "endless":
                self.wfile.write(bytes(1 << 20))
        else:  # only half of it; then the connection closes or hangs
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            if manner == "silent":
                time.sleep(20)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest.importorskip("pooch", reason="pooch is not installed (the extra download)")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    monkeypatch.setitem(downloads.REMOTES, "small", downloads.Remote((server.address,), SHA256))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_are_downloaded_whole_and_only_once(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert download("small", folder) == folder
    assert contents(folder) == FILES
    assert server.asked == ["a.gz", "b.bin"]
    download("small", folder)
    server.server_close()  # the second time without network access
    download("small", folder)
    assert server.asked == ["a.gz", "b.bin"]


def test_the_cache_is_where_the_readers_look(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "origin")
    server.files = contents(tmp_path / "origin")
    known = {name: hashlib.sha256(data).hexdigest() for name, data in server.files.items()}
    monkeypatch.setitem(downloads.REMOTES, "mnist", downloads.Remote((server.address,), known))
    monkeypatch.setenv("ROT180_CACHE", str(tmp_path / "cache"))
    assert download("mnist") == tmp_path / "cache" / "mnist"
    assert len(mnist("test")) == 5
    monkeypatch.delenv("ROT180_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert download("mnist").parent.name == "rot180"


def test_a_mirror_replaces_the_addresses(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(downloads.REMOTES, "small", downloads.Remote(("http://127.0.0.1:1/",), SHA256))
    for address in (server.address, server.address.rstrip("/")):
        assert contents(download("small", tmp_path / str(len(address)), address)) == FILES
    with pytest.raises(ValueError, match=r"download: mirror must start with http:// or https://; got 'file:///tmp'"):
        download("small", tmp_path, "file:///tmp")


def test_addresses_are_tried_in_turn(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bases = ("http://127.0.0.1:1/", server.address)
    monkeypatch.setitem(downloads.REMOTES, "small", downloads.Remote(bases, SHA256))
    assert contents(download("small", tmp_path)) == FILES
    server.manner = "error"
    with pytest.raises(
        DownloadError, match=r":1/a.gz: Connection refused; .*sets/a.gz: the server answers 503 Service"
    ):
        download("small", tmp_path / "other")


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("absent", r"the server answers 404 Not Found"),
        ("error", r"the server answers 503 Service Unavailable"),
        ("wrong", r"the file has the wrong checksum and was removed"),
        ("half", r"the connection was lost"),
        ("silent", r"no answer for 0.3 seconds"),
        ("endless", r"the file has more than 1,048,576 bytes"),
        ("refused", r"Connection refused"),
    ],
)
def test_a_failed_download_is_explained_and_leaves_no_file(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str, reason: str
) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT", 0.3)
    monkeypatch.setattr(downloads, "MAX_BYTES", 1 << 20)
    mirror = f"http://127.0.0.1:{closed_port()}" if manner == "refused" else None
    server.manner = manner
    if manner in ("wrong", "absent"):
        server.manner = "whole"
        server.files = {"a.gz": b"another file"} if manner == "wrong" else {}
    with pytest.raises(DownloadError, match=rf"^download: http://.*/a.gz: {reason}$"):
        download("small", tmp_path, mirror)
    assert contents(tmp_path) == {}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_existing_file_is_kept_until_its_replacement_is_complete(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"damaged")
    (tmp_path / "b.bin").write_bytes(FILES["b.bin"])
    server.manner = "half"
    with pytest.raises(DownloadError, match="the connection was lost"):
        download("small", tmp_path)
    assert contents(tmp_path) == {"a.gz": b"damaged", "b.bin": FILES["b.bin"]}
    server.manner = "whole"
    download("small", tmp_path)
    assert contents(tmp_path) == FILES
    assert server.asked == ["a.gz", "a.gz"]


def test_threads_can_download_the_same_set(server: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: download("small", tmp_path), range(16)))
    assert contents(tmp_path) == FILES


PROCESS = f"""
import signal, sys
from rot180.data import download, downloads
signal.signal(signal.SIGINT, signal.default_int_handler)  # where the tests run in the background it is ignored
downloads.REMOTES["small"] = downloads.Remote((sys.argv[1],), {SHA256})
download("small", *sys.argv[2:])
"""


def started(server: Server, *folder: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROCESS, server.address, *folder]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_concurrent_processes_can_download_the_same_set(server: Server, tmp_path: Path) -> None:
    processes = [started(server, str(tmp_path)) for _ in range(3)]
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert contents(tmp_path) == FILES


def test_a_set_whose_files_have_the_same_names_is_not_replaced(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(downloads.REMOTES, "small", downloads.Remote((server.address,), SHA256))
    twins = {name: hashlib.sha256(b"another").hexdigest() for name in FILES}
    monkeypatch.setitem(downloads.REMOTES, "twin", downloads.Remote((server.address,), twins))
    download("small", tmp_path)
    asked = len(server.asked)
    with pytest.raises(ValueError, match=r"download: .*a.gz belongs to small; choose another folder for twin"):
        download("twin", tmp_path)
    assert contents(tmp_path) == FILES
    assert len(server.asked) == asked


def test_files_in_the_subfolder_of_the_set_are_found(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(downloads.REMOTES, "small", downloads.Remote((server.address,), SHA256))
    assert download("small", tmp_path / "small") == tmp_path / "small"
    asked = len(server.asked)
    assert download("small", tmp_path) == tmp_path / "small"  # where the reader would find them
    assert len(server.asked) == asked


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_leaves_no_partial_file(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill: signal.Signals
) -> None:
    monkeypatch.setenv("ROT180_CACHE", str(tmp_path))
    folder = tmp_path / "small"
    server.manner = "silent"
    process = started(server)
    until = time.monotonic() + 30
    while not any(path.stat().st_size for path in folder.glob("tmp*")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(kill)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    left = contents(folder)
    if kill == signal.SIGINT:
        assert "KeyboardInterrupt" in said
        assert left == {}
    else:  # the file that is left has a name that no reader uses, and is removed a day later
        assert [name[:3] for name in left] == ["tmp"]
        for name in left:
            os.utime(folder / name, (0, 0))
    server.manner = "whole"
    download("small")
    assert contents(folder) == FILES


def test_only_abandoned_files_of_pooch_are_removed_and_only_in_the_cache(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROT180_CACHE", str(tmp_path))
    (tmp_path / "small").mkdir()
    for name in ("small/tmp_of_mine.txt", "small/tmpabcdefgh", "small/tmpnew_file", "tmpabcdefgh"):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, None if "new" in name else (0, 0))
    download("small", tmp_path)
    assert (tmp_path / "tmpabcdefgh").exists()
    download("small")
    assert sorted(contents(tmp_path / "small").keys() - FILES) == ["tmp_of_mine.txt", "tmpnew_file"]


def test_a_folder_that_cannot_be_written_is_an_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"download: .*a.gz: (Not a directory|File exists)"):
        download("small", tmp_path / "file")
    with pytest.raises(DownloadError, match="Not a directory"):
        download("small", tmp_path / "file" / "below")


def test_the_bar_is_shown_on_demand(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    download("small", tmp_path, bar=True)
    assert "100%" in capfd.readouterr().err


def test_unknown_names_and_a_missing_extra_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="unknown downloadable data set 'imagenet'; the downloadable data sets are"):
        download("imagenet", tmp_path)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match="download: needs pooch, the extra 'download': pip install pooch"):
        download("mnist", tmp_path)


def test_without_pooch_and_a_folder_the_readers_say_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.delenv("ROT180_CACHE", raising=False)
    with pytest.raises(
        FileNotFoundError, match=r"mnist: needs the files .* compressed \(.gz\) or not: pass their folder"
    ):
        mnist("test")


def test_every_file_that_is_read_by_name_can_be_downloaded() -> None:
    named = importlib.import_module("rot180.data.registry")
    assert set(downloads.REMOTES) == set(named.names()) - {"digits"}
    for remote in downloads.REMOTES.values():
        assert all(base.endswith("/") for base in remote.bases)
        assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in remote.files.values())


def test_the_checksums_are_those_of_the_original_files(data_dir: Path) -> None:
    for name in ("mnist", "fashion-mnist"):
        for file, sha256 in downloads.REMOTES[name].files.items():
            assert hashlib.sha256((data_dir / name / file).read_bytes()).hexdigest() == sha256
        assert download(name, data_dir / name) == data_dir / name  # the files exist, so nothing is requested
