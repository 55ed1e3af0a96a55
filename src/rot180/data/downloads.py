"""Download the named data sets into a cache, and compare every file with a checksum.

This file is the only part of rot180 that opens a network connection, and it does so only when `download` is called.
Files are fetched by pooch (the extra `download`): a file is saved under a temporary name, checked, and renamed.

The addresses are those that the authors of the sets, PyTorch and TensorFlow use. The addresses are untested, because
this module was written without network access. The checksums of MNIST and Fashion-MNIST were computed from the original
files. For the archive of CIFAR-10, the checksum is the one that other projects use; its author publishes only an MD5
(c32a1d4a...).
"""

from __future__ import annotations

import errno
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..errors import MissingExtraError, Rot180Error
from ..spelling import unknown_name
from .bounded_reading import Name
from .file_search import search_root


class Remote(NamedTuple):
    """The addresses and the files of a data set."""

    bases: tuple[str, ...]  # addresses of folders, tried in this order
    files: dict[str, str]  # file name: SHA-256


REMOTES = {
    "mnist": Remote(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "fashion-mnist": Remote(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    "cifar10": Remote(
        ("https://www.cs.toronto.edu/~kriz/",),
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    ),
}
MAX_BYTES = 1 << 28  # the limit for one file; the largest, CIFAR-10, has 170 MB
CHUNK = 1 << 16  # bytes received before they are written
TIMEOUT = 30  # seconds without a byte
ABANDONED = 86_400  # seconds; older temporary files are assumed to be left over from killed processes


class DownloadError(Rot180Error, OSError):
    """A failed download; the message has the address and the reason. Existing files are unchanged."""


def download(name: str, root: Name | None = None, mirror: str | None = None, *, bar: bool | None = None) -> Path:
    """Download a data set, unless its files exist already, and return the folder of the files.

    Args:
        name: "mnist", "fashion-mnist" or "cifar10".
        root: the folder, or a folder that has a subfolder with the files, named after the set. Default: the folder of
            the set in the cache (ROT180_CACHE, otherwise the cache folder of the system), where the readers look.
        mirror: the address of a folder with the same files, http:// or https://.
        bar: show a progress bar on stderr (default: if stderr is a terminal).

    A file with a wrong checksum is replaced. Raises ValueError if the file belongs to another set, MissingExtraError
    without pooch, DownloadError if a download fails or has the wrong checksum; the failed file is removed.
    """
    if name not in REMOTES:
        raise ValueError(f"download: {unknown_name('downloadable data set', name, REMOTES)}")
    if mirror is not None and not mirror.startswith(("http://", "https://")):
        raise ValueError(f"download: mirror must start with http:// or https://; got {mirror!r}")
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError("download: needs pooch, the extra 'download': pip install pooch") from error
    folder = search_root(name, root)
    assert folder is not None  # pooch knows the cache folder
    if root is None:
        _remove_abandoned(folder)
    elif all((folder / name / file).is_file() for file in REMOTES[name].files):
        folder /= name
    bases = REMOTES[name].bases if mirror is None else (mirror.rstrip("/") + "/",)
    fetch = _Fetch((sys.stderr is not None and sys.stderr.isatty()) if bar is None else bar)
    for file, sha256 in REMOTES[name].files.items():
        _refuse_other_set(folder / file, name)
        reasons = []
        for base in bases:
            try:
                pooch.retrieve(base + file, sha256, fname=file, path=folder, downloader=fetch)
                break
            except (OSError, ValueError) as error:  # the request or the disk failed, or the checksum is wrong
                reasons.append(f"{base}{file}: {_reason(error)}")
        else:
            raise DownloadError(f"download: {'; '.join(reasons)}")
    return folder


def _refuse_other_set(path: Path, name: str) -> None:
    """Raise ValueError for a file of another set; the files of MNIST and Fashion-MNIST have the same names."""
    import pooch

    others = {remote.files.get(path.name): other for other, remote in REMOTES.items() if other != name}
    if any(others) and path.is_file() and (other := others.get(pooch.file_hash(path))):
        raise ValueError(f"download: {path} belongs to {other}; choose another folder for {name}")


class _Fetch:
    """A downloader for pooch: pooch's HTTP downloader with a limit on the size."""

    def __init__(self, bar: bool) -> None:
        self.bar = bar

    def __call__(self, url: str, path: str, _: Any) -> None:
        import pooch

        # identity: otherwise some servers decompress the file, which changes its checksum
        http = pooch.HTTPDownloader(
            progressbar=self.bar, chunk_size=CHUNK, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
        )
        with open(path, "wb") as file:
            http(url, _BoundedFile(file), None)


class _BoundedFile:
    """A file that can be written up to a limit, because a server may send without end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.left = file, MAX_BYTES

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise OSError(errno.EFBIG, f"the file has more than {MAX_BYTES:,} bytes")
        self.file.write(data)

    def flush(self) -> None:
        """Do nothing. pooch flushes after every chunk, but one flush when the file is closed is enough."""


def _reason(error: Exception) -> str:
    """The reason for a failed download, in a few words."""
    import requests

    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "the file has the wrong checksum and was removed"
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        return f"no answer for {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was lost"
    messages = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return messages[-1] if messages else str(error)


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files that killed processes left in the cache; pooch chose their names."""
    for path in folder.glob("tmp" + "[a-z0-9_]" * 8):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
