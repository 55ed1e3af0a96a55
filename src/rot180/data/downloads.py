"""Downloads of the data sets with a name into a cache, each file held against a checksum written down here.

Nothing else in rot180 opens a connection, and this does only when it is called. The work is done by pooch (the extra
`download`): a file arrives under another name, is checked, and is moved to its place in one step.

The addresses are those that the authors of the sets, PyTorch and TensorFlow use; they could not be tried where this
was written, without a network. The checksums of MNIST and Fashion-MNIST were computed from the original files. That of
CIFAR-10 is the one that other projects have for the archive of which its author publishes an MD5 (c32a1d4a...).
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
from .locate import start_folder
from .reading import Name


class Remote(NamedTuple):
    """Where a data set can be had."""

    bases: tuple[str, ...]  # addresses of folders, tried in this order
    files: dict[str, str]  # the SHA-256 of each


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
MAX_BYTES = 1 << 28  # of a file; the largest, CIFAR-10, has 170 MB
PIECE = 1 << 16  # bytes that are waited for before they are written
TIMEOUT = 30  # seconds without a byte
ABANDONED = 86_400  # seconds after which a file that is still on its way belongs to a process that was killed


class DownloadError(Rot180Error, OSError):
    """A file that could not be had; the message says from where and why. What was there before is unchanged."""


def download(name: str, root: Name | None = None, mirror: str | None = None, *, bar: bool | None = None) -> Path:
    """Download a data set, unless its files are there already, and return the folder that they are in.

    Args:
        name: "mnist", "fashion-mnist" or "cifar10".
        root: the folder, or one in which the files lie already in a folder with the set's name; by default that of this
            set in the cache (ROT180_CACHE, else the platform's cache folder), where the readers look.
        mirror: the address of another folder with the same files, http:// or https://.
        bar: a progress bar on stderr; by default if that is a terminal.

    A file that is there but has another checksum is replaced, unless it is another set's: a ValueError. Raises
    MissingExtraError without pooch, DownloadError if a file cannot be had, breaks off or has the wrong checksum; no
    part of it is left.
    """
    if name not in REMOTES:
        raise ValueError(f"download: {unknown_name('downloadable data set', name, REMOTES)}")
    if mirror is not None and not mirror.startswith(("http://", "https://")):
        raise ValueError(f"download: a mirror begins with http:// or https://; got {mirror!r}")
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError("download: needs pooch, the extra 'download': pip install pooch") from error
    folder = start_folder(name, root)
    assert folder is not None  # pooch is there, so the cache is known
    if root is None:
        _sweep(folder)
    elif all((folder / name / file).is_file() for file in REMOTES[name].files):
        folder /= name
    bases = REMOTES[name].bases if mirror is None else (mirror.rstrip("/") + "/",)
    fetch = _Fetch(sys.stderr.isatty() if bar is None else bar)
    for file, sha256 in REMOTES[name].files.items():
        _spare(folder / file, name)
        reasons = []
        for base in bases:
            try:
                pooch.retrieve(base + file, sha256, fname=file, path=folder, downloader=fetch)
                break
            except (OSError, ValueError) as error:  # of requests; of the disk; a wrong checksum
                reasons.append(f"{base}{file}: {_reason(error)}")
        else:
            raise DownloadError(f"download: {'; '.join(reasons)}")
    return folder


def _spare(path: Path, name: str) -> None:
    """ValueError for a file of another set: some sets' files have the same names."""
    import pooch

    others = {remote.files.get(path.name): other for other, remote in REMOTES.items() if other != name}
    if any(others) and path.is_file() and (other := others.get(pooch.file_hash(path))):
        raise ValueError(f"download: {path} is of {other}; name another folder for {name}")


class _Fetch:
    """What pooch calls to bring the content of an address into a file: pooch's own way, of bounded size."""

    def __init__(self, bar: bool) -> None:
        self.bar = bar

    def __call__(self, url: str, path: str, _: Any) -> None:
        import pooch

        # identity: some servers would else unpack what is packed, and the checksum would be of something else
        way = pooch.HTTPDownloader(
            progressbar=self.bar, chunk_size=PIECE, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
        )
        with open(path, "wb") as file:
            way(url, _Bounded(file), None)


class _Bounded:
    """A file that is written to, up to a limit: a server may send without end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.left = file, MAX_BYTES

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise OSError(errno.EFBIG, f"it has more than {MAX_BYTES:,} bytes")
        self.file.write(data)

    def flush(self) -> None:
        """pooch asks for it after every piece; closing the file does it once."""


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    import requests

    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "what came has the wrong checksum, and was removed"
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        return f"no answer for {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off before the end"
    said = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return said[-1] if said else str(error)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left in the cache, under the temporary names that pooch gives."""
    for path in folder.glob("tmp" + "[a-z0-9_]" * 8):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
